"""`manage.py verify_books`: is everything true that must never be false? One line for each."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand

from billing.checks.run import verify


class Command(BaseCommand):
    help = "Checks every invariant of the books; ends with 1 when one does not hold."

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        results = []
        for result in verify():
            results.append(result)
            if result.holds:
                self.stdout.write(f"ok   {result.counted:,} {result.says}")
            else:
                more = (
                    ""
                    if result.broken <= len(result.offenders)
                    else f", and {result.broken - len(result.offenders):,} more"
                )
                self.stdout.write(f"FAIL {result.counted:,} {result.says}")
                self.stdout.write(f"     broken by {'; '.join(result.offenders)}{more}")
        failed = [result for result in results if not result.holds]
        seconds = time.monotonic() - began
        if failed:
            self.stdout.write(f"{len(failed)} of {len(results)} checks failed ({seconds:.1f} s).")
            sys.exit(1)
        self.stdout.write(f"All {len(results)} checks hold ({seconds:.1f} s).")
