"""`manage.py migrate`, as the owner of the tables, with time-outs, and with the rights written afterwards."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import connections

from billing.audit import columns
from billing.history import rights
from dashboard.database import as_owner, require_postgresql

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "15min"


class Command(migrate.Command):
    help = (
        "Migrates as the database's owner (DATABASE_OWNER_URL), gives up rather than hold other people's "
        "locks, and then grants the application's role what it may do."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--lock-timeout", default=LOCK_TIMEOUT, help=f"Wait this long for a lock ({LOCK_TIMEOUT})."
        )
        parser.add_argument(
            "--statement-timeout",
            default=STATEMENT_TIMEOUT,
            help=f"Give up a statement that runs longer than this ({STATEMENT_TIMEOUT}).",
        )

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Everything as the owner, the checks of the models included: they ask the server for its version."""
        try:
            with as_owner(options["database"]) as connection:
                require_postgresql(connection)
                return super().execute(*args, **options)
        except ImproperlyConfigured as refusal:
            raise CommandError(str(refusal)) from refusal

    def handle(self, *args: Any, **options: Any) -> str | None:
        connection = connections[options["database"]]
        time_outs = ("lock_timeout", "statement_timeout")
        with connection.cursor() as cursor:
            for name in time_outs:
                cursor.execute("SELECT set_config(%s, %s, false)", [name, options.get(name) or "0"])
        super().handle(*args, **options)
        if not options.get("plan") and not options.get("check_unapplied"):
            write_rights(connection)
        with connection.cursor() as cursor:
            for name in time_outs:
                cursor.execute("SELECT set_config(%s, '0', false)", [name])
        return None


def write_rights(connection: Any) -> None:
    """What audit tables carry, the application's rights, and the allowed moves, as the code says now."""
    tables = connection.introspection.table_names()
    columns.apply(connection)
    rights.apply(connection, settings.APPLICATION_ROLE)
    if "billing_allowedtransition" in tables:
        rights.write_transitions(connection)
