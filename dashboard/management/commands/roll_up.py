# ruff: noqa: S608 (the SQL is put together from parts written in this file)
"""`manage.py roll_up`: adds what is new to the daily totals; `--rebuild` sums everything again."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from billing.fields import TransactionIdField
from billing.rollups import services
from billing.rollups.sources import SOURCES
from dashboard.database import as_owner

#: below any transaction that a server can have
BEFORE_EVERYTHING = "3"


class Command(BaseCommand):
    help = "Adds what is new to the daily totals. The worker does so each minute."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--rebuild",
            action="store_true",
            help="Sum everything again, as the owner: needed once after a restore into another server.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rebuild"]:
            with as_owner() as connection, transaction.atomic():
                self.adopt_restored_rows(connection)
                for source in SOURCES:
                    services.forget(source)
        added = services.roll_up_all(now=timezone.now())
        self.stdout.write(f"{added:,} rows added to the daily totals.")

    def adopt_restored_rows(self, connection: Any) -> None:
        """Rows that another server's transactions wrote are older than all of this one's."""
        for model in apps.get_app_config("billing").get_models():
            names = [f.column for f in model._meta.local_fields if isinstance(f, TransactionIdField)]
            if "xid" not in names:
                continue
            table = connection.ops.quote_name(model._meta.db_table)
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE xid >= pg_current_xact_id())")
                if not cursor.fetchone()[0]:
                    continue
                # The id of a transaction is no content: the triggers that guard content step aside for it.
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                cursor.execute(
                    f"UPDATE {table} SET xid = %s::xid8 WHERE xid >= pg_current_xact_id()",
                    [BEFORE_EVERYTHING],
                )
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            self.stdout.write(f"{model._meta.verbose_name_plural}: restored rows adopted.")
