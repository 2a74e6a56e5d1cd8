"""`manage.py seal_audit`: seals what was audited since; `--baseline` seals the whole trail anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.utils import timezone

from billing.audit import services
from billing.audit.trail import keys_of, sealed_tables
from dashboard.database import as_owner

#: below any transaction that a server can have
BEFORE_EVERYTHING = "3"


class Command(BaseCommand):
    help = "Seals the audit trail. The worker does so each minute."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--baseline",
            action="store_true",
            help="Seal everything anew, as the owner: after a restore into another server, or after a "
            "migration that took columns from audit tables. Run verify_audit before either.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["baseline"]:
            self.adopt_restored_rows()
        made = services.seal(now=timezone.now(), baseline=options["baseline"])
        if made is None:
            self.stdout.write("Nothing new to seal.")
        else:
            self.stdout.write(f"Seal {made.number}: {made.count:,} rows, head {made.head}")

    def adopt_restored_rows(self) -> None:
        """Rows that another server's transactions wrote are older than all of this one's."""
        with as_owner() as owner, owner.cursor() as cursor:
            for table in sealed_tables():
                name, xid = connection.ops.quote_name(table), keys_of(table)[0]
                cursor.execute(
                    f"UPDATE {name} SET {xid} = %s::xid8 WHERE {xid} >= pg_current_xact_id()",  # noqa: S608
                    [BEFORE_EVERYTHING],
                )
                if cursor.rowcount:
                    self.stdout.write(f"{table}: {cursor.rowcount:,} restored rows adopted.")
