"""Opening a screen of a big desk beside the same screen of one that has just begun.

    python -m dashboard.local.with_database benchmarks/opening/run.py [--quick] [--audit 50000000]

The refund queue with a million refunds, a credit account with 100,000 movements, and the audit log with
fifty million entries, whole and narrowed: each is asked for as a browser would, all of the page, and beside
it stands what the same page took with sixty rows of each, which is more than one page shows. Between the two
measurements the tables are filled; the overview, whose figures do not hang on these tables, is measured both
times to show how much the machine itself changed.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

from benchmarks.bench import Line, database, medians, say, show

AUDIT, REFUNDS, MOVEMENTS, TIMES = 50_000_000, 1_000_000, 100_000, 15
QUICK = (2_000, 500, 500, 2)
FEW = 60
BATCH = 5_000_000
#: Machines did nearly everything; people a hundredth of it, and goodwill is rare.
ENTRIES = """
INSERT INTO billing_historyentry (at, subject_kind, subject_id, customer_id, kind, from_state, to_state,
    currency, actor_kind, actor_ref, actor_name, reason, request_id, facts)
SELECT timestamptz '2026-11-18 13:00Z' - n * interval '3 seconds',
    CASE WHEN n %% 50000 = 9 THEN 'creditaccount'
        ELSE (ARRAY['payment', 'invoice', 'refund'])[1 + n %% 3] END,
    n / 4, (%(customers)s::bigint[])[1 + n %% %(many)s],
    CASE WHEN n %% 50000 = 9 THEN 'credits.granted' ELSE 'state' END, '',
    CASE WHEN n %% 50000 = 9 THEN '' WHEN n %% 40000 = 7 THEN 'failed' ELSE 'succeeded' END, '',
    CASE WHEN n %% 100 = 9 THEN 'person' ELSE 'system' END,
    CASE WHEN n %% 100 = 9 THEN %(person)s ELSE 'system:worker' END,
    'Jude Okafor', '', CASE WHEN n %% 100 = 9 THEN 'req_' || n ELSE '' END,
    CASE WHEN n %% 50000 = 9 THEN '{"source": "goodwill"}' ELSE '{}' END::jsonb
FROM generate_series(%(first)s, %(last)s) n
"""
MOVES = """
INSERT INTO billing_creditentry (account_id, movement, amount, balance_after, at, lot_ids, lot_amounts, key,
    digest, reason, actor_kind, actor_ref, actor_name, request_id, subject_kind, subject_id, cause, shortfall)
SELECT %(account)s, 'burn', -1, %(balance)s - n, now(), ARRAY[%(lot)s::bigint], ARRAY[-1::bigint],
    'bench:' || %(count)s || ':' || n, '', '', 'system', 'system:worker', 'Worker', '', '', NULL, '', 0
FROM generate_series(1, %(count)s) n
"""


class Desk:
    """The books that are filled, and who looks at them."""

    def __init__(self) -> None:
        from django.test import Client
        from django.urls import reverse

        from tests import bulk, make

        self.customers = [make.customer(f"Customer {number}") for number in range(300)]
        people = {role: make.member(role) for role in ("support", "auditor")}
        self.person = f"staff:{people['support'].pk}"
        bulk.payments(2_000, [each.pk for each in self.customers])
        self.account, self.refunds = self._account(), 0
        clients: dict[str, Any] = {}
        for role, member in people.items():
            clients[role] = Client()
            clients[role].force_login(member)
        audit = reverse("audit:index")
        seldom = self.customers[3].reference
        self.pages: dict[str, Callable[[], Any]] = {
            name: self._opens(clients[role], address)
            for name, (role, address) in {
                "the overview, as a measure": ("support", "/"),
                "the refund queue": ("support", reverse("refunds:index")),
                "all refunds": ("support", reverse("refunds:index") + "?view=all"),
                "a credit account": ("support", reverse("credits:show", args=[self.account.pk])),
                "the audit log": ("auditor", audit),
                "what people did": ("auditor", audit + "?view=all&by=person"),
                "goodwill of two months": (
                    "auditor",
                    audit + "?action=credits/goodwill&at_from=2026-10-01&at_to=2026-11-30",
                ),
                "what failed of one customer": (
                    "auditor",
                    audit + f"?customer={seldom}&action=payment/state/failed",
                ),
            }.items()
        }

    def _opens(self, client: Any, address: str) -> Callable[[], None]:
        def page() -> None:
            status = client.get(address, HTTP_HOST="localhost").status_code
            if status != 200:
                raise AssertionError(f"{address} answered {status}")

        return page

    def _account(self) -> Any:
        from django.utils import timezone

        from billing.credits import services
        from billing.history.actors import system
        from billing.models import CreditAccount

        moved = services.grant(
            customer_id=self.customers[0].pk, unit="tokens", amount=10_000_000, source="tier_grant",
            actor=system("worker"), now=timezone.now(), key="bench:grant",
        )  # fmt: skip
        return CreditAccount.objects.get(pk=moved.account_id)

    def fill(self, *, audit: int, refunds: int, movements: int) -> None:
        from django.db import connection

        from billing.models import CreditLot
        from tests import bulk

        bulk.refunds(refunds, 2_000, first=self.refunds + 1)
        self.refunds = refunds
        self.account.refresh_from_db()
        lot = CreditLot.objects.filter(account=self.account).latest("pk")
        with connection.cursor() as cursor:
            values = {"account": self.account.pk, "lot": lot.pk, "balance": self.account.balance}
            cursor.execute(MOVES, {**values, "count": movements})
        bulk.analyse("billing_creditentry")
        self._fill_audit(audit)

    def _fill_audit(self, entries: int) -> None:
        """Into the bare table; its indexes are made anew afterwards, which takes a fraction of the time."""
        from dashboard.database import as_owner
        from tests import bulk

        values = {
            "customers": [each.pk for each in self.customers],
            "many": len(self.customers),
            "person": self.person,
        }
        with as_owner() as owner, owner.cursor() as cursor:
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'billing_historyentry' "
                "AND indexname <> 'billing_historyentry_pkey'"
            )
            indexes = cursor.fetchall()
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = 'billing_historyentry'::regclass "
                "AND contype = 'f'"
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE billing_historyentry DROP CONSTRAINT {name}")
            for name, _ in indexes:
                cursor.execute(f"DROP INDEX {name}")
            cursor.execute("ALTER TABLE billing_historyentry SET UNLOGGED")
            cursor.execute("SET maintenance_work_mem = '1GB'")
            for first in range(1, entries + 1, BATCH):
                cursor.execute(ENTRIES, {**values, "first": first, "last": min(first + BATCH - 1, entries)})
            for _, definition in indexes:
                cursor.execute(definition)
        bulk.analyse("billing_historyentry")


def measure(*, audit: int, refunds: int, movements: int, times: int) -> None:
    desk = Desk()
    desk.fill(audit=FEW, refunds=FEW, movements=FEW)
    few = medians(desk.pages, times)
    began = time.perf_counter()
    desk.fill(audit=audit, refunds=refunds, movements=movements)
    say(f"Filled in {time.perf_counter() - began:,.0f} s.")
    many = medians(desk.pages, times)
    title = f"{refunds:,} refunds, {movements:,} movements, {audit:,} entries, beside {FEW}"
    show(title, "big", "begun", [Line(name, many[name], few[name], "ms") for name in desk.pages])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: that it runs, not how fast")
    parser.add_argument("--audit", type=int, help=f"entries of the audit log ({AUDIT:,})")
    given = parser.parse_args()
    audit, refunds, movements, times = QUICK if given.quick else (AUDIT, REFUNDS, MOVEMENTS, TIMES)
    with database("opening"):
        measure(audit=given.audit or audit, refunds=refunds, movements=movements, times=times)


if __name__ == "__main__":
    main()
