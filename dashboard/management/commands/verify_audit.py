"""`manage.py verify_audit`: is the audit trail as it was sealed? Names the first row that is not."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from billing.audit.services import note_verified
from billing.audit.verifying import verify
from billing.history.actors import system


class Command(BaseCommand):
    help = (
        "Recomputes every seal of the audit trail and every row behind it; ends with 1 and names the first "
        "row that was altered, inserted or is missing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head", default="", help="A head that was mailed: the chain must lead through it."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        found = verify(head=options["head"].strip().lower())
        note_verified(
            seals=found.seals,
            rows=found.rows,
            broken=found.broken.sentence if found.broken else "",
            actor=system("verify_audit"),
            now=timezone.now(),
        )
        seconds = time.monotonic() - began
        if found.broken:
            self.stdout.write(f"FAIL {found.broken.sentence}")
            self.stdout.write(
                f"     {found.rows:,} rows before it are as they were sealed ({seconds:.1f} s)."
            )
            sys.exit(1)
        self.stdout.write(f"The trail holds: {found.rows:,} rows in {found.seals:,} seals ({seconds:.1f} s).")
        if found.head:
            self.stdout.write(f"Its head is {found.head}")
