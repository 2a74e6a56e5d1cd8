"""`manage.py flush`, as the owner of the tables: the application's role may not empty them."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import flush

from dashboard.database import as_owner
from dashboard.management.commands.migrate import write_rights


class Command(flush.Command):
    help = "Empties every table, as the database's owner. Refused in production."

    def handle(self, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("flush empties every table and is refused in production.")
        with as_owner(options["database"]) as connection:
            super().handle(**options)
            write_rights(connection)
