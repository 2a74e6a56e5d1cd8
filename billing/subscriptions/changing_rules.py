"""What a change in the middle of a period bills and gives back. Pure.

Unused time is taken back of the lines that billed it, at their rate and by what they really cost, less what
was given back of them before: a second change in the same period gives nothing back twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from billing.errors import Conflict, InvalidInput
from billing.invoices.composing import Piece, TakenBack
from billing.invoices.line_text import plan_facts
from billing.periods import Interval, Period, nth_period, period_at
from billing.proration import prorate, share
from billing.subscriptions.plans import Basis, Billed, Facts, Item, in_words

__all__ = [
    "MAX_SEATS",
    "Outcome",
    "change_now",
    "check_item",
    "check_same_currency",
    "move_date",
    "next_period",
    "period_piece",
    "restarts_period",
    "running_period",
    "take_back",
]

#: More seats than anyone has; a number above it is a slip of the keyboard.
MAX_SEATS = 1_000_000
REST = "Remaining time: "


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change brings: pieces to bill now, and where anchor, period and first item stand after it."""

    pieces: tuple[Piece, ...]
    anchor_at: datetime
    period: Period | None
    item: Item


def check_item(item: Item) -> None:
    """Raises `InvalidInput` for a number of seats that cannot be."""
    if not 1 <= item.quantity <= MAX_SEATS:
        raise InvalidInput(
            "seats_out_of_range", f"Seats: a number from 1 to {MAX_SEATS:,}.", field="quantity"
        )
    if not item.price.per_seat and item.quantity != 1:
        raise InvalidInput(
            "price_is_flat",
            f"Seats: {item.price.tier} has one price for the whole subscription, so leave 1.",
            field="quantity",
        )


def check_same_currency(facts: Facts, item: Item) -> None:
    if item.price.currency != facts.currency:
        raise InvalidInput(
            "price_in_another_currency",
            f"Price: {facts.reference} is in {facts.currency}, this price in {item.price.currency}. "
            f"Choose one in {facts.currency}, or end it and start another subscription.",
            field="price",
        )


def restarts_period(old: Item, new: Item) -> bool:
    """Whether a change begins a new period: another interval, or from free to paid."""
    return old.price.interval != new.price.interval or (old.amount_minor == 0 < new.amount_minor)


def change_now(facts: Facts, new: Item, billed: Sequence[Billed], now: datetime) -> Outcome:
    """The first item becomes ``new`` at ``now``.

    With the same interval the period stays, and the rest of it is given back at the old and billed at the new
    price; with another one a whole new period begins and only what was unused of the old is given back. In a
    trial nothing is billed. Raises `Conflict` when the period has ended and is not billed yet, and
    `InvalidInput` for what cannot be a plan of this subscription.
    """
    old = facts.main
    check_item(new)
    check_same_currency(facts, new)
    if (new.price.id, new.quantity, new.discount_minor) == (old.price.id, old.quantity, old.discount_minor):
        raise InvalidInput(
            "nothing_changes", f"Plan: {in_words(old)} is what it is on. Choose another.", field="price"
        )
    period = running_period(facts, now)
    if facts.state == "trialing":
        return Outcome((), facts.anchor_at, period, new)
    mine = [line for line in billed if line.item_id in (old.id, None)]
    back = take_back(mine, now, facts.basis, "changed to " + in_words(new))
    if restarts_period(old, new):
        if len(facts.items) > 1 and old.price.interval != new.price.interval:
            raise InvalidInput(
                "items_of_one_interval",
                f"Price: {facts.reference} has {len(facts.items)} items, which share one interval. "
                "Choose a price of the same interval.",
                field="price",
            )
        others = [line for line in billed if line not in mine]
        back += take_back(others, now, facts.basis, "a new period begins")
        started = nth_period(now, 0, new.price.interval)
        charges = [period_piece(item, started) for item in (new, *facts.items[1:]) if item.amount_minor]
        return Outcome((*back, *charges), now, started, new)
    charges = _rest(facts, new, Period(now, period.end))
    return Outcome((*back, *charges), facts.anchor_at, period, new)


def running_period(facts: Facts, now: datetime) -> Period:
    """The period that ``now`` is in; `Conflict` when there is none, or when it waits for its renewal."""
    if facts.period is None:
        raise Conflict("subscription_without_period", f"{facts.reference} has no period that runs.")
    if now >= facts.period.end:
        raise Conflict(
            "renewal_is_due",
            f"The period of {facts.reference} ended on {facts.period.end:%-d %B %Y} and is not billed yet. "
            "Bill it first, then change it.",
            retry_helps=True,
        )
    if now < facts.period.start:
        raise Conflict(
            "period_in_the_future",
            f"The period of {facts.reference} begins on {facts.period.start:%-d %B %Y}. Change it then.",
        )
    return facts.period


def take_back(billed: Sequence[Billed], at: datetime, basis: Basis, because: str) -> list[Piece]:
    """What each line billed for the time from ``at`` on, given back as it was billed, and once."""
    pieces: list[Piece] = []
    for line in billed:
        if line.period.end <= at:
            continue
        rest = Period(max(at, line.period.start), line.period.end)
        unused = prorate(line.amount_minor, line.period, rest, basis)
        amount = unused - line.given_minor
        if amount <= 0:
            continue
        pieces.append(
            Piece(
                kind="proration_credit",
                description=f"Unused time: {line.description.removeprefix(REST)}"[:500],
                amount_minor=-amount,
                period=rest,
                price_id=line.price_id,
                item_id=line.item_id,
                inclusive=line.inclusive,
                takes_back=TakenBack(line.rate, line.treatment, line.invoice_number, line.line_id),
                why={
                    **_sum(line.amount_minor, line.period, rest, basis),
                    "because": because,
                    "given_before_minor": line.given_minor,
                    **({"text": {**line.text, "part": "unused"}} if line.text else {}),
                },
            )
        )
    return pieces


def period_piece(item: Item, period: Period) -> Piece:
    """A whole period of an item."""
    price = item.price
    why: dict[str, Any] = {
        "price_version": price.version,
        "unit_amount_minor": price.unit_amount_minor,
        "quantity": item.quantity,
        "text": plan_facts(price.tier, item.quantity, price.interval.unit, price.interval.count),
    }
    if item.discount_minor:
        why["discount_minor"] = item.discount_minor
    return Piece(
        kind="subscription",
        description=in_words(item),
        amount_minor=item.amount_minor,
        quantity=Decimal(item.quantity),
        unit_amount_minor=price.unit_amount_minor,
        period=period,
        price_id=price.id,
        item_id=item.id,
        inclusive=price.inclusive,
        tax_class=price.tax_class,
        why=why,
    )


def _rest(facts: Facts, item: Item, part: Period) -> list[Piece]:
    """A part of time at the item's price: its share of each period that the anchor counts.

    A period that was cut or stretched when its billing date moved costs what its days cost, not a whole one.
    """
    pieces: list[Piece] = []
    at = part.start
    while at < part.end:
        whole = period_at(facts.anchor_at, item.price.interval, at)
        pieces += _rest_piece(item, whole, Period(at, min(whole.end, part.end)), facts.basis)
        at = whole.end
    return pieces


def _rest_piece(item: Item, whole: Period, part: Period, basis: Basis) -> list[Piece]:
    amount = prorate(item.amount_minor, whole, part, basis)
    if not amount:
        return []
    full = period_piece(item, whole)
    text = {**full.why["text"], "part": "rest"}
    why = {**full.why, **_sum(item.amount_minor, whole, part, basis), "text": text}
    return [
        replace(
            full,
            kind="proration_charge",
            description=f"{REST}{full.description}",
            amount_minor=amount,
            period=part,
            why=why,
        )
    ]


def _sum(amount: int, whole: Period, part: Period, basis: Basis) -> dict[str, Any]:
    """The sum that prorated an amount, for whoever asks why."""
    fraction = share(whole, part, basis)
    return {
        "whole_minor": amount,
        "whole": [whole.start.isoformat(), whole.end.isoformat()],
        "basis": basis,
        "share": f"{fraction.numerator}/{fraction.denominator}",
    }


def move_date(facts: Facts, to: datetime, billed: Sequence[Billed], now: datetime) -> Outcome:
    """The period that runs ends at ``to`` and the next ones are counted from there.

    Earlier: what was billed beyond it is given back. Later, by less than one interval: the time in between is
    billed by its share of the period that it would have been.
    """
    period = running_period(facts, now)
    if facts.state == "trialing":
        raise Conflict(
            "trial_runs", f"{facts.reference} is in its trial: extend that, and its billing date moves along."
        )
    if to <= now:
        raise InvalidInput("date_in_the_past", "Date: a day that is still to come.", field="date")
    if to == period.end:
        raise InvalidInput("date_is_the_same", "Date: it is billed on that day already.", field="date")
    interval = facts.main.price.interval
    if to < period.end:
        pieces = take_back(billed, to, facts.basis, f"billing moves to {to:%-d %B %Y}")
        return Outcome(tuple(pieces), to, Period(period.start, to), facts.main)
    following = period_at(facts.anchor_at, interval, period.end)
    if to > following.end:
        raise InvalidInput(
            "date_too_far",
            f"Date: {following.end:%-d %B %Y} at the latest, one period on from now.",
            field="date",
        )
    added = [piece for item in facts.items for piece in _rest(facts, item, Period(period.end, to))]
    return Outcome(tuple(added), to, Period(period.start, to), facts.main)


def next_period(anchor_at: datetime, interval: Interval, after: Period) -> Period:
    """The period that follows, counted from the anchor; it begins where the last one ended."""
    following = period_at(anchor_at, interval, after.end)
    return Period(after.end, following.end)
