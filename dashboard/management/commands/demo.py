"""`manage.py demo`: fills an empty desk with Halden, a made-up company."""

import time
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.demo.billing import bill_the_morning
from billing.demo.breaking import have_outages
from billing.demo.linking import make_links
from billing.demo.living import change_some
from billing.demo.messaging import write_letters
from billing.demo.returning import make_returns
from billing.demo.selling import make_purchases
from billing.demo.simulate import simulate
from billing.demo.using import mend_a_gap
from billing.demo.writing import analyze, is_empty, write
from billing.history.actors import person
from dashboard.api.demo import make_demo_key
from dashboard.database import as_owner
from dashboard.staff.demo import DEMO_MEMBERS, make_demo_members

MOST = 50_000


class Command(BaseCommand):
    help = "Fills an empty desk with Halden, a made-up company with two years of history."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=int, default=2000, help="How many (2,000).")
        parser.add_argument("--seed", type=int, default=1, help="Another seed gives another company (1).")
        parser.add_argument("--today", default="", help="The day the book ends on, as 2026-11-18 (today).")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo company is not for production: it would mix with real customers.")
        customers, today = options["customers"], _day(options["today"])
        if not 1 <= customers <= MOST:
            raise CommandError(f"--customers must be from 1 to {MOST:,}, not {customers:,}.")
        if not is_empty():
            raise CommandError(
                "This desk already has books, and the demo company is only for an empty one. "
                "`make reset` drops what is there; then run this again."
            )
        began = time.monotonic()
        members = make_demo_members()
        roles = {one.name: one.role for one in DEMO_MEMBERS}
        people = [person(m.pk, str(m)) for m in members if roles[str(m)] != "auditor"]
        book = simulate(customers=customers, seed=options["seed"], today=today, people=people)
        rows = write(book)
        write_letters(people)
        make_links(people, now=book.now)
        bill_the_morning(people, now=book.now)
        make_purchases(people, now=book.now)
        make_returns(now=book.now)
        mend_a_gap(people, now=book.now)
        have_outages(people, now=book.now)
        make_demo_key(people, now=book.now)
        change_some(people, now=book.now)
        with as_owner():
            analyze()
        self.stdout.write(
            f"Halden is open: {customers:,} customers, {len(book.rows['invoice']):,} invoices, "
            f"{len(book.rows['payment']):,} payments, {len(book.rows['refund']):,} refunds up to {today}; "
            f"{rows:,} rows in {time.monotonic() - began:.1f} s."
        )


def _day(text: str) -> date:
    if not text:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--today must be a day such as 2026-11-18, not {text!r}.") from error
