"""Who was hit by an outage, found from what they used, and what each of them gets. Writes nothing.

**Hit** is a customer with at least one event of the meter, of more than zero, that happened during the outage
or in the same hours of one of the four weeks before it (`rules.comparable`): whoever used it then would have
used it now. Of those, whoever had a subscription while it was out is credited, unless they were in a trial,
paused, or pay nothing.

**What they get** is, for each stretch that invoices billed their subscriptions for, its net × the seconds of
the outage within it / its seconds. Unused time that was given back counts against it, so a change of plan is
followed exactly. A subscription without such a line, as one that a gateway bills, counts with the price of
its items for the period that contains the outage. The sum for a customer and currency is rounded once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from billing.catalog.models import Meter, Tier
from billing.customers.models import Customer
from billing.errors import InvalidInput
from billing.incidents.models import IncidentCredit
from billing.incidents.rules import Share, comparable, overlap, worth
from billing.invoices.models import InvoiceLine, LineKind
from billing.money import Money
from billing.periods import Interval, Period, period_at
from billing.subscriptions.listing import plan_of
from billing.subscriptions.models import Subscription
from billing.usage.models import UsageEvent

__all__ = ["MOST", "Found", "Hit", "find_hit"]

#: So many customers one incident is for; beyond, it is recorded tier by tier.
MOST = 20_000
BILLED = (LineKind.SUBSCRIPTION, LineKind.PRORATION_CHARGE, LineKind.PRORATION_CREDIT)
NEVER_LIVED = ("incomplete", "expired")


@dataclass(slots=True)
class Hit:
    """One customer in one currency: the shares with their plans, and why they get nothing if so."""

    customer_id: int
    currency: str
    shares: list[tuple[str, Share]] = field(default_factory=list)
    why_not: str = ""

    @property
    def amount(self) -> Money:
        if self.why_not or not self.currency:
            return Money.zero(self.currency or "EUR")
        return worth((share for _, share in self.shares), self.currency)

    @property
    def seconds(self) -> int:
        return max((share.seconds for _, share in self.shares), default=0)


@dataclass(frozen=True, slots=True)
class Found:
    """Everybody who was hit, those who get something first."""

    hits: Sequence[Hit]

    @property
    def credited(self) -> list[Hit]:
        return [each for each in self.hits if not each.why_not]

    @property
    def totals(self) -> dict[str, tuple[int, Money]]:
        """By currency how many get how much."""
        sums: dict[str, tuple[int, Money]] = {}
        for each in self.credited:
            count, total = sums.get(each.currency, (0, Money.zero(each.currency)))
            sums[each.currency] = (count + 1, total + each.amount)
        return sums

    @property
    def reasons(self) -> dict[str, int]:
        """Why how many get nothing."""
        counts: dict[str, int] = {}
        for each in self.hits:
            if each.why_not:
                counts[each.why_not] = counts.get(each.why_not, 0) + 1
        return counts


def find_hit(*, meter: Meter, starts_at: datetime, ends_at: datetime, tier: Tier | None = None) -> Found:
    """Who was hit, by the definition above; seven queries, however many there are.

    Raises `InvalidInput` for more than `MOST`.
    """
    outage = Period(starts_at, ends_at)
    users = _users(meter, outage)
    live = Q(created_at__lt=ends_at) & (Q(ended_at=None) | Q(ended_at__gt=starts_at))
    rows = Subscription.objects.filter(live, customer__in=users).exclude(state__in=NEVER_LIVED)
    if tier is not None:
        rows = rows.filter(items__price__tier=tier).distinct()
    subscriptions = list(rows.order_by("customer_id", "pk").prefetch_related("items__price__tier"))
    billed = _billed(subscriptions, outage)
    before = _credited_before(meter, outage, users)
    hits: dict[tuple[int, str], Hit] = {}
    reasons: dict[tuple[int, str], str] = {}
    for subscription in subscriptions:
        key = (subscription.customer_id, subscription.currency)
        hit = hits.setdefault(key, Hit(*key))
        against, shares = _shares(subscription, outage, billed.get(subscription.pk, ()))
        if against:
            reasons[key] = against
        plan = plan_of(subscription)
        hit.shares += [(f"{subscription.reference}, {plan}", share) for share in shares]
    for key, hit in hits.items():
        if told := before.get(hit.customer_id):
            hit.why_not = f"was credited for this already by {told}"
        elif not hit.shares:
            hit.why_not = reasons.get(key, "pays nothing")
        elif not hit.amount.is_positive:
            hit.why_not = "the share comes to nothing"
    if tier is None:
        hits |= _without_plan(users, {customer for customer, _ in hits})
    return Found(
        sorted(hits.values(), key=lambda each: (bool(each.why_not), -each.amount.minor, each.customer_id))
    )


def _users(meter: Meter, outage: Period) -> list[int]:
    """Customers who used it during the outage or at a comparable time."""
    when = reduce(or_, (Q(at__gte=each.start, at__lt=each.end) for each in comparable(outage)))
    rows = UsageEvent.objects.filter(when, meter=meter, quantity__gt=0).order_by()
    found = list(rows.values_list("customer_id", flat=True).distinct()[: MOST + 1])
    if len(found) > MOST:
        raise InvalidInput(
            "too_many_hit",
            f"More than {MOST:,} customers were hit. Record the outage tier by tier.",
            field="tier",
        )
    return found


def _billed(subscriptions: Iterable[Subscription], outage: Period) -> dict[int, list[InvoiceLine]]:
    """What invoices that stand billed for the time of the outage, by subscription."""
    lines = InvoiceLine.objects.filter(
        invoice__subscription__in=[each.pk for each in subscriptions],
        invoice__state__in=("open", "paid", "uncollectible"),
        kind__in=BILLED,
        period_start__lt=outage.end,
        period_end__gt=outage.start,
    ).select_related("invoice")
    found: dict[int, list[InvoiceLine]] = {}
    for line in lines.order_by("pk"):
        found.setdefault(line.invoice.subscription_id or 0, []).append(line)
    return found


def _shares(
    subscription: Subscription, outage: Period, lines: Sequence[InvoiceLine]
) -> tuple[str, list[Share]]:
    """Why this subscription brings nothing, or the shares of what was billed for the time it was out."""
    if lines:
        shares = [
            Share(line.net_minor, seconds, overlap(billed, billed))
            for line in lines
            if (billed := Period(line.period_start, line.period_end))  # type: ignore[arg-type]
            and (seconds := overlap(outage, billed))
        ]
        return ("", shares) if any(each.price_minor for each in shares) else ("pays nothing", [])
    lived = _lived(subscription, outage)
    if isinstance(lived, str):
        return lived, []
    found = [each for item in subscription.items.all() for each in _of_item(subscription, item, lived)]
    return ("", found) if found else ("pays nothing", [])


def _lived(subscription: Subscription, outage: Period) -> Period | str:
    """The part of the outage in which the subscription ran and was paid for, or why there was none."""
    start = max(outage.start, subscription.created_at)
    end = min(outage.end, subscription.ended_at or outage.end)
    if trial := subscription.trial_ends_at:
        start = max(start, trial)
        if start >= end:
            return "was in its trial"
    if subscription.paused_at and subscription.state == "paused":
        end = min(end, subscription.paused_at)
    return Period(start, end) if start < end else "was paused"


def _of_item(subscription: Subscription, item: Any, lived: Period) -> list[Share]:
    """An item's price for each of its periods that the outage touches."""
    price = max(0, item.price.unit_amount_minor * item.quantity - item.discount_minor)
    interval = Interval(item.price.interval_unit, item.price.interval_count)
    shares, at = [], lived.start
    while price and at < lived.end:
        period = period_at(subscription.anchor_at, interval, at)
        shares.append(Share(price, overlap(lived, period), overlap(period, period)))
        at = period.end
    return shares


def _credited_before(meter: Meter, outage: Period, customers: Sequence[int]) -> dict[int, str]:
    """Who was credited for the same time of the same meter under another incident, and which."""
    rows = credited_meanwhile(meter.pk, outage).filter(customer__in=customers)
    return dict(rows.values_list("customer_id", "incident__reference"))


def credited_meanwhile(meter_id: int, outage: Period) -> Any:
    """Credits that were given for any of this time of this meter."""
    return IncidentCredit.objects.filter(
        incident__meter=meter_id,
        incident__starts_at__lt=outage.end,
        incident__ends_at__gt=outage.start,
        entry__isnull=False,
    )


def _without_plan(users: Sequence[int], known: set[int]) -> dict[tuple[int, str], Hit]:
    """Those who use it and had no subscription at the time."""
    rows = Customer.objects.filter(pk__in=set(users) - known).values_list("pk", "currency")
    return {(pk, code): Hit(pk, code, why_not="had no subscription then") for pk, code in rows}
