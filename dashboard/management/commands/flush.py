"""`manage.py flush`, as the owner of the tables: the application's role may not empty them."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.color import no_style
from django.core.management.commands import flush

from dashboard.database import as_owner

#: What `migrate` writes and no person: permissions, roles, and the moves of the state machines stay.
KEPT = frozenset(
    {
        "auth_group",
        "auth_group_permissions",
        "auth_permission",
        "billing_allowedtransition",
        "django_content_type",
        "django_migrations",
    }
)


class Command(flush.Command):
    help = "Empties every table, as the database's owner, but for what migrate wrote. Refused in production."

    def handle(self, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("flush empties every table and is refused in production.")
        if options["interactive"]:
            sure = input("This empties every table of the desk's database. Type 'yes' to go on: ")
            if sure != "yes":
                raise CommandError("Nothing was emptied.")
        with as_owner(options["database"]) as connection:
            there = connection.introspection.django_table_names(only_existing=True, include_views=False)
            statements = connection.ops.sql_flush(
                no_style(),
                sorted(set(there) - KEPT),
                reset_sequences=options.get("reset_sequences", True),
                allow_cascade=options.get("allow_cascade", False),
            )
            connection.ops.execute_sql_flush(statements)
