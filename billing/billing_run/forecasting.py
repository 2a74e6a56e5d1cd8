"""A dry run: the same rules and the same tax as billing, in transactions that cannot write.

What billing up to a day would bring, by currency and by day, beside the same days a month before, and the
subscriptions whose invoice would differ most from their last one.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Sum

from billing.billing_run.due import SUBJECT, Mark, behind, due, mark_of, owing
from billing.billing_run.foreseeing import foresee
from billing.billing_run.outcome import Sums, add_sums
from billing.billing_run.running import ACTOR
from billing.billing_run.settling import last_orders, not_billed
from billing.billing_run.usage import unknown_usage
from billing.billing_run.using import last_stretches, read_usage, stretches_of
from billing.customers.models import Customer
from billing.errors import Refused
from billing.history.context import acting
from billing.invoices.composing import Composed, Piece
from billing.invoices.issuing import prepare_orders
from billing.invoices.models import Invoice, InvoiceState
from billing.invoices.pending import as_piece, waiting_for
from billing.jobs.models import Run, RunRow, RunState
from billing.jobs.services import begin, finish
from billing.logs import add_facts, service
from billing.periods import BILLING_ZONE, add_months
from billing.subscriptions.facts import facts_of
from billing.subscriptions.models import CollectedBy, Subscription
from billing.subscriptions.plans import Facts
from billing.subscriptions.renewing_rules import TrialEnd
from billing.subscriptions.trials.ending import what_becomes_of
from billing.tax.profiles import profiles_of
from billing.tax.rules import Seller
from billing.tax.seller import the_seller

__all__ = ["PAGE", "SHOWN", "forecast"]

PAGE = 1_000
#: How many differences and how many failures are kept for the page.
SHOWN, MOST_FAILURES = 20, 500
ISSUED = (InvoiceState.OPEN, InvoiceState.PAID, InvoiceState.UNCOLLECTIBLE)


@dataclass(slots=True)
class Found:
    """What has been worked out so far; as large at the end as at the beginning."""

    sums: Sums = field(default_factory=dict)
    days: dict[str, dict[str, int]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    differences: list[tuple[int, int, dict[str, Any]]] = field(default_factory=list)
    failures: dict[int, tuple[str, str]] = field(default_factory=dict)
    failed: int = 0
    seen: int = 0

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def bill(self, invoice: Composed, currency: str, on: date) -> None:
        """Adds an invoice to come to the sums, and to those of its day."""
        one = {
            "invoices": 1,
            "net_minor": invoice.net_minor,
            "tax_minor": invoice.tax_minor,
            "total_minor": invoice.total_minor,
        }
        self.sums = add_sums(self.sums, {currency: one})
        day = self.days.setdefault(on.isoformat(), {})
        day[currency] = day.get(currency, 0) + invoice.total_minor

    def fail(self, pk: int, reference: str, sentence: str) -> None:
        self.failed += 1
        if len(self.failures) < MOST_FAILURES:
            self.failures[pk] = (reference, sentence)

    def differ(self, pk: int, size: int, told: dict[str, Any]) -> None:
        """Keeps the largest."""
        heapq.heappush(self.differences, (size, -pk, told))
        if len(self.differences) > SHOWN:
            heapq.heappop(self.differences)


@service("billing_run")
def forecast(*, run_id: int, clock: Callable[[], datetime], limit: int = PAGE) -> Run:
    """Works a dry run out and keeps what it found with the run. Safe to call again: it begins anew."""
    run = begin(run_id, now=clock())
    if run is None:
        return Run.objects.get(pk=run_id)
    began = run.created_at
    until = datetime.fromisoformat(run.asked["until"])
    found = Found()
    after: Mark | None = None
    with acting(ACTOR, request_id=f"billing-run-{run_id}"):
        seller = the_seller()
        while True:
            with transaction.atomic():
                read_only()
                rows = list(behind(due(until), after)[:limit])
                if rows:
                    after = mark_of(rows[-1])
                    _page(rows, until, seller, found, now=clock())
            going_on = Run.objects.filter(pk=run_id, state=RunState.RUNNING).update(
                done=found.seen, failed=found.failed, heartbeat_at=clock()
            )
            if not going_on:
                return Run.objects.get(pk=run_id)
            if not rows:
                break
        with transaction.atomic():
            read_only()
            _ended(list(owing(until)), found, now=clock())
        with transaction.atomic():
            read_only()
            before = _month_before(began.date(), until.date())
        _keep(run_id, found, before, began, until, clock())
    add_facts(run=run_id, subscriptions=found.seen, failed=found.failed)
    return finish(run_id, now=clock())


def read_only() -> None:
    """From here on this transaction cannot write, whatever it is asked."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")


def _page(
    rows: Sequence[Subscription], until: datetime, seller: Seller, found: Found, *, now: datetime
) -> None:
    facts = facts_of(rows)
    trials = [row for row in rows if row.state == "trialing"]
    becomes = what_becomes_of(trials, until) if trials else {}
    unknown = unknown_usage(facts.values())
    used = _used([row for row in rows if row.pk not in unknown], facts, now, unknown)
    customers = {row.customer_id for row in rows}
    profiles = profiles_of(Customer.objects.select_related("identity").filter(pk__in=customers))
    waiting = _waiting(customers)
    last = last_invoices([row.pk for row in rows])
    for row in rows:
        found.seen += 1
        if row.pk in unknown or not facts[row.pk].items:
            found.fail(row.pk, row.reference, unknown.get(row.pk) or f"{row.reference} has no item.")
            continue
        profile = profiles[row.customer_id]
        try:
            if isinstance(profile, Refused):
                raise profile
            mine = [
                *used.pop(row.pk, []),
                *waiting.pop((row.customer_id, row.pk), []),
                *waiting.pop((row.customer_id, None), []),
            ]
            _one(
                facts[row.pk], until, seller, profile.buyer, mine,
                becomes.get(row.pk, "convert"), last.get(row.pk), found,
            )  # fmt: skip
        except Refused as refusal:
            found.fail(row.pk, row.reference, refusal.sentence)
        except (ValueError, ArithmeticError) as error:
            found.fail(row.pk, row.reference, f"{row.reference} cannot be renewed: {error}.")


def _one(
    facts: Facts,
    until: datetime,
    seller: Seller,
    buyer: Any,
    waiting: Sequence[Piece],
    trial_end: TrialEnd,
    last: int | None,
    found: Found,
) -> None:
    """One subscription's renewals, all or none of them counted."""
    foreseen = list(foresee(facts, until, seller=seller, buyer=buyer, waiting=waiting, trial_end=trial_end))
    first = True
    for each in foreseen:
        found.count(each.renewal.what)
        if each.invoice is None:
            continue
        total = each.invoice.total_minor
        found.bill(each.invoice, facts.currency, each.renewal.at.date())
        if first:
            first = False
            _compare(facts, total, last, each.renewal.what, found)


def _ended(rows: Sequence[Subscription], found: Found, *, now: datetime) -> None:
    """The last invoices of those that have ended, of what they used."""
    of, facts = {row.pk: row for row in rows}, facts_of(rows)
    read, why = read_usage(last_stretches(facts.values(), of))
    for pk, sentence in not_billed(of, why).items():
        found.fail(pk, of[pk].reference, sentence)
    known = [row for row in rows if row.pk not in why]
    customers = Customer.objects.select_related("identity").in_bulk([row.customer_id for row in known])
    for order in last_orders(known, facts, read, now=now):
        try:
            (one,) = prepare_orders([order], {order.customer_id: customers[order.customer_id]}, now=now)
            found.bill(one.composed, order.currency, one.tax_point)
        except Refused as refusal:
            pk = order.subscription_id or 0
            found.fail(pk, of[pk].reference, refusal.sentence)
    found.seen += len(rows)
    for _ in known:
        found.count("ended")


def _compare(facts: Facts, total: int, last: int | None, what: str, found: Found) -> None:
    if last is None:
        found.count("first_invoice")
        return
    found.count("same" if total == last else "higher" if total > last else "lower")
    if total != last:
        told = {
            "subscription": facts.reference,
            "currency": facts.currency,
            "before_minor": last,
            "total_minor": total,
            "what": what,
        }
        found.differ(facts.id, abs(total - last), told)


def _used(
    rows: Sequence[Subscription], facts: Mapping[int, Facts], now: datetime, unknown: dict[int, str]
) -> dict[int, list[Piece]]:
    """By subscription, the lines of what its ended period used; why it cannot be told goes to ``unknown``. Of
    a period that has not ended yet nobody knows what it will use."""
    ended = [row for row in rows if row.current_period_end is not None and row.current_period_end <= now]
    stretches = stretches_of((facts[row.pk] for row in ended), {row.pk: row for row in ended})
    read, why = read_usage(stretches)
    names = {row.pk: row.reference for row in ended}
    unknown |= {pk: f"{names[pk]} is not billed: {sentence}" for pk, sentence in why.items()}
    pieces: dict[int, list[Piece]] = {}
    for each in read:
        if each.piece is not None and each.subscription_id not in unknown:
            pieces.setdefault(each.subscription_id, []).append(each.piece)
    return pieces


def _waiting(customers: set[int]) -> dict[tuple[int, int | None], list[Piece]]:
    waiting: dict[tuple[int, int | None], list[Piece]] = {}
    for line in waiting_for(customers):
        waiting.setdefault((line.customer_id, line.subscription_id), []).append(as_piece(line))
    return waiting


def last_invoices(subscription_ids: Sequence[int]) -> dict[int, int]:
    """What each was billed for its last period, in minor units; changes within a period aside."""
    rows = Invoice.objects.filter(subscription__in=subscription_ids, state__in=ISSUED)
    rows = rows.exclude(cause__startswith="change:")
    newest = rows.order_by("subscription_id", "-created_at", "-pk").distinct("subscription_id")
    return dict(newest.values_list("subscription_id", "total_minor"))


def _month_before(first: date, last: date) -> Sums:
    """What the subscriptions that we collect were invoiced on the same days a month before."""
    rows = (
        Invoice.objects.filter(
            state__in=ISSUED,
            subscription__collected_by=CollectedBy.US,
            created_at__gte=datetime.combine(add_months(first, -1), datetime.min.time(), tzinfo=BILLING_ZONE),
            created_at__lte=datetime.combine(add_months(last, -1), datetime.max.time(), tzinfo=BILLING_ZONE),
        )
        .values("currency")
        .annotate(n=Count("pk"), net=Sum("net_minor"), tax=Sum("tax_minor"), total=Sum("total_minor"))
    )
    return {
        row["currency"]: {
            "invoices": row["n"],
            "net_minor": row["net"],
            "tax_minor": row["tax"],
            "total_minor": row["total"],
        }
        for row in rows.order_by("currency")
    }


@transaction.atomic
def _keep(run_id: int, found: Found, before: Sums, began: datetime, until: datetime, now: datetime) -> None:
    RunRow.objects.bulk_create(
        [
            RunRow(
                run_id=run_id,
                subject_kind=SUBJECT,
                subject_id=pk,
                label=reference,
                ok=False,
                message=sentence[:500],
                done_at=now,
            )
            for pk, (reference, sentence) in sorted(found.failures.items())
        ],
        ignore_conflicts=True,
    )
    differences = [told for _, _, told in sorted(found.differences, key=lambda each: (-each[0], -each[1]))]
    Run.objects.filter(pk=run_id).update(
        done=found.seen,
        failed=found.failed,
        total=found.seen,
        result={
            "from": began.date().isoformat(),
            "sums": found.sums,
            "before": before,
            "days": dict(sorted(found.days.items())),
            "counts": found.counts,
            "differences": differences,
        },
    )
