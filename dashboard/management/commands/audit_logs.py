"""`manage.py audit_logs`: reads the code for silent `except` blocks and for secrets that are logged."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dashboard.logs.audit import audit


class Command(BaseCommand):
    help = "Finds silent except blocks, catch-alls and logged secrets in the code; fails if there are any."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        faults = audit(settings.BASE_DIR)
        for fault in faults:
            self.stdout.write(str(fault))
        if faults:
            raise CommandError(f"{len(faults)} {'place' if len(faults) == 1 else 'places'} to mend.")
        self.stdout.write("Nothing is swallowed, and no secret is logged.")
