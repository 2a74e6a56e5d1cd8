"""Billing what was used: each stretch closed, read and priced once, with the renewal that ends it.

A stretch reaches from where the last one of this customer and meter ended to the end of the period. It is
closed before it is read, under the lock of its stream, so that what is told of it later counts from its end
on, and is in the next. Where usage is not known the subscription is not billed, and nothing of it is closed.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Max

from billing.billing_run.models import UsageBilled
from billing.billing_run.steps import Step
from billing.history.actors import Actor
from billing.invoices.composing import Piece
from billing.invoices.line_text import usage_facts
from billing.invoices.models import Invoice
from billing.money import Money
from billing.periods import Period
from billing.subscriptions.changing_rules import next_period
from billing.subscriptions.models import Subscription
from billing.subscriptions.plans import Facts, Item
from billing.usage.closing import close_usage
from billing.usage.pricing import Charge, charge_for, prices_of
from billing.usage.pricing_models import UsagePrice
from billing.usage.queries import UnknownUsage, usage_between

__all__ = [
    "Used",
    "bill_usage",
    "last_stretches",
    "read_closed",
    "read_usage",
    "stretches_of",
    "write_billed",
]

#: A trial's use is given.
CHARGED = frozenset({"active", "past_due"})
#: More periods than can wait to be billed at once: a daily subscription for three years.
MOST_PERIODS = 1_100
type Close = Callable[[Sequence[int], str, datetime], Any]


@dataclass(frozen=True, slots=True)
class Used:
    """One stretch of a customer's use of a meter, and what it comes to once it was read."""

    subscription_id: int
    customer_id: int
    price: UsagePrice
    item: Item
    period: Period
    charge: Charge | None = None

    @property
    def piece(self) -> Piece | None:
        """The line of it; None where it comes to nothing."""
        if self.charge is None or not self.charge.amount_minor:
            return None
        meter, price = self.price.meter, self.price
        each = Decimal(price.unit_amount_minor) / price.per_units
        return Piece(
            kind="usage",
            description=f"{meter.name}, {_said(self.charge.billed)} past {price.included:,} included"
            if price.included
            else f"{meter.name}, {_said(self.charge.billed)}",
            amount_minor=self.charge.amount_minor,
            quantity=self.charge.billed,
            unit_amount_minor=each if each == each.quantize(Decimal("0.000001")) else None,
            period=self.period,
            item_id=self.item.id,
            inclusive=self.item.price.inclusive,
            tax_class=self.item.price.tax_class,
            why={
                "meter": meter.slug,
                "used": str(self.charge.quantity),
                "included": price.included,
                "each": str(Money(price.unit_amount_minor, price.currency)),
                "per_units": price.per_units,
                "usage_price": price.pk,
                "text": usage_facts(meter.name, self.charge.billed, price.included),
            },
        )


def stretches_of(facts: Iterable[Facts], rows: dict[int, Subscription]) -> list[Used]:
    """What is to be billed with the ended periods of these, in the order in which they are; one query, and
    a second where anything is priced. A stretch is one subscription's: of several that price the same
    meter for a customer the first takes it."""
    ended = [each for each in facts if each.period is not None and each.items and each.state in CHARGED]
    return _stretches([(each, [_end(each)]) for each in ended], rows)


def last_stretches(facts: Iterable[Facts], rows: dict[int, Subscription]) -> list[Used]:
    """What is to be billed of these, which have ended: up to their end, a stretch for each period that was
    not billed, so that each has what it includes. As many queries as `stretches_of`."""
    ended = [each for each in facts if each.period is not None and each.items]
    return _stretches([(each, _ends(each, rows[each.id])) for each in ended], rows)


def _ends(facts: Facts, row: Subscription) -> list[datetime]:
    period, last = facts.period, row.ended_at
    assert period is not None and last is not None
    ends: list[datetime] = []
    while period.end < last and len(ends) < MOST_PERIODS:
        ends.append(period.end)
        period = next_period(facts.anchor_at, facts.main.price.interval, period)
    return [*ends, last]


def _stretches(
    ended: Sequence[tuple[Facts, Sequence[datetime]]], rows: dict[int, Subscription]
) -> list[Used]:
    """A stretch of each up to each of its ends, which come in their order."""
    if not ended:
        return []
    prices = prices_of({item.price.tier_id for each, _ in ended for item in each.items})
    if not prices:
        return []
    wanted = [
        (each, item, meter_id, found, end)
        for each, ends in ended
        for end in ends
        for item in each.items
        for meter_id, found in prices.get((item.price.tier_id, each.currency), {}).items()
    ]
    done = _billed_until({each.customer_id for each, *_ in wanted})
    stretches: list[Used] = []
    for each, item, meter_id, found, end in wanted:
        start = done.get((each.customer_id, meter_id)) or _first(each, rows[each.id], found)
        if start >= end:
            continue
        price = next((one for one in found if one.since <= start), found[-1])
        done[each.customer_id, meter_id] = end
        stretches.append(Used(each.id, each.customer_id, price, item, Period(start, end)))
    return stretches


def _end(facts: Facts) -> datetime:
    assert facts.period is not None
    end = facts.period.end
    return end if facts.cancel_at is None else min(end, max(facts.cancel_at, facts.period.start))


def _first(facts: Facts, row: Subscription, prices: Sequence[UsagePrice]) -> datetime:
    """Where a customer's first stretch begins: with the subscription, its trial over, once it is priced."""
    assert facts.period is not None
    begins = min(row.created_at, facts.period.start)
    trial = facts.trial_ends_at
    over = begins if trial is None else max(begins, min(trial, facts.period.end))
    return max(over, prices[-1].since)


def _billed_until(customers: set[int]) -> dict[tuple[int, int], datetime]:
    rows = UsageBilled.objects.filter(customer__in=sorted(customers)).values_list("customer_id", "meter_id")
    return {
        (customer, meter): until for customer, meter, until in rows.annotate(until=Max("ends_at")).order_by()
    }


def read_usage(stretches: Sequence[Used], *, close: Close | None = None) -> tuple[list[Used], dict[int, str]]:
    """Each stretch with its charge, and by subscription why its usage cannot be told.

    ``close`` is called before the reading, in a savepoint that is given up where something is unknown. Four
    queries for each meter and stretch of time, however many customers share it.
    """
    together: dict[tuple[str, datetime, datetime], list[Used]] = {}
    for each in stretches:
        together.setdefault((each.price.meter.slug, each.period.start, each.period.end), []).append(each)
    read: list[Used] = []
    unknown: dict[int, str] = {}
    for (meter, start, end), some in sorted(together.items(), key=lambda one: one[0]):
        left = some
        while left:
            ids = [each.customer_id for each in left]
            keeping: AbstractContextManager[Any] = transaction.atomic() if close else nullcontext()
            try:
                with keeping:
                    if close:
                        close(ids, meter, end)
                    numbers = usage_between(ids, meter, Period(start, end))
            except UnknownUsage as refusal:
                for each in left:
                    if each.customer_id in refusal.customer_ids:
                        unknown[each.subscription_id] = refusal.sentence
                left = [each for each in left if each.customer_id not in refusal.customer_ids]
                continue
            read += [replace(each, charge=charge_for(numbers[each.customer_id], each.price)) for each in left]
            break
    return read, unknown


def bill_usage(
    steps: Sequence[Step], *, actor: Actor, now: datetime
) -> tuple[list[Step], list[Used], dict[int, str]]:
    """Closes and prices what the ended periods of these steps used: the steps with the lines of it, what was
    read, and by subscription why it cannot be billed. In the caller's transaction, which bills it."""
    stretches = stretches_of((each.facts for each in steps), {each.row.pk: each.row for each in steps})
    if not stretches:
        return list(steps), [], {}

    read, why = read_closed(stretches, actor=actor, now=now)
    unknown = {
        each.row.pk: f"{each.row.reference} is not billed: {why[each.row.pk]} Then try again."
        for each in steps
        if each.row.pk in why
    }
    pieces: dict[int, list[Piece]] = {}
    for each in read:
        if each.piece is not None:
            pieces.setdefault(each.subscription_id, []).append(each.piece)
    going = [each for each in steps if each.row.pk not in unknown]
    return (
        [
            replace(
                each,
                renewal=replace(each.renewal, pieces=(*each.renewal.pieces, *pieces.get(each.row.pk, ()))),
            )
            for each in going
        ],
        [each for each in read if each.subscription_id not in unknown],
        unknown,
    )


def read_closed(
    stretches: Sequence[Used], *, actor: Actor, now: datetime
) -> tuple[list[Used], dict[int, str]]:
    """Each stretch closed and read, as `read_usage` gives them. Raises `OperationalError`, after which it is
    tried again, for one that was billed meanwhile. In the caller's transaction, which bills them."""

    def close(ids: Sequence[int], meter: str, until: datetime) -> None:
        close_usage(customer_ids=ids, meter=meter, until=until, actor=actor, now=now)

    read, why = read_usage(stretches, close=close)
    _refuse_overtaken(read)
    return read, why


def _refuse_overtaken(read: Sequence[Used]) -> None:
    """Raises `OperationalError`, after which the batch is tried again, when somebody billed a stretch between
    our look at what was billed and our lock of its stream."""
    done = _billed_until({each.customer_id for each in read})
    for each in read:
        until = done.get((each.customer_id, each.price.meter_id))
        if until is not None and until > each.period.start:
            raise OperationalError("usage of a customer was billed by somebody else meanwhile")


def write_billed(used: Sequence[Used], invoices: Sequence[Invoice], *, now: datetime) -> None:
    """Keeps which stretches are billed now, and on which invoice."""
    if not used:
        return
    of = {each.subscription_id: each for each in invoices}
    UsageBilled.objects.bulk_create(
        UsageBilled(
            customer_id=each.customer_id,
            meter_id=each.price.meter_id,
            subscription_id=each.subscription_id,
            price=each.price,
            invoice=of.get(each.subscription_id) if each.piece is not None else None,
            starts_at=each.period.start,
            ends_at=each.period.end,
            quantity=each.charge.quantity,
            billed=each.charge.billed,
            amount_minor=each.charge.amount_minor,
            at=now,
        )
        for each in used
        if each.charge is not None
    )


def _said(number: Decimal) -> str:
    return f"{number.normalize():,f}"
