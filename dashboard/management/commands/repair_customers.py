"""`manage.py repair_customers`: gives every user of the host product the free tier and a credit account."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from billing.history.actors import system
from billing.signups.services import lacking, repair_customers, sentences_of


class Command(BaseCommand):
    help = "Gives users of the host product the subscription and the credit account that they lack."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say how many lack something.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self.stdout.write(f"{lacking().count():,} lack something.")
            return
        for line in sentences_of(repair_customers(actor=system("repair"), now=timezone.now())):
            self.stdout.write(line)
