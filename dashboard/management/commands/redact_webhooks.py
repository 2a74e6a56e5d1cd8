"""`manage.py redact_webhooks`: after a rule was added, what is stored of webhook events is redacted by it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from billing.webhooks.re_redacting import BATCH, redact_stored


class Command(BaseCommand):
    help = "Redacts stored webhook contents and errors again, by today's rules. Every reader does so anyway."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Count what would change; change nothing.")
        parser.add_argument("--after", type=int, default=0, help="Go on after the event with this number.")
        parser.add_argument("--batch", type=int, default=BATCH, help="Events in one transaction.")

    def handle(self, *args: Any, **options: Any) -> None:
        seen = changed = 0
        for done in redact_stored(after=options["after"], size=options["batch"], dry_run=options["dry_run"]):
            seen, changed = seen + done.seen, changed + done.changed
            self.stdout.write(f"up to event {done.last}: {changed:,} of {seen:,} changed")
        would = "would be redacted" if options["dry_run"] else "were redacted"
        self.stdout.write(f"{changed:,} of {seen:,} events {would} again.")
