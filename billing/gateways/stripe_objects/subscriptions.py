"""Stripe's subscriptions."""

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

from billing.gateways.facts import ItemFact, PriceFact, SubscriptionFact
from billing.gateways.stripe_objects.catalog import price
from billing.gateways.stripe_objects.reading import (
    STRIPE,
    Body,
    Unreadable,
    at,
    born,
    currency_of,
    decimal,
    id_of,
    listed,
    minor,
    own_id,
    part,
    text,
    whole,
)
from billing.money import Money, allocate, round_half_away

STATES = {
    "incomplete": "incomplete",
    "incomplete_expired": "expired",
    "trialing": "trialing",
    "active": "active",
    "past_due": "past_due",
    "unpaid": "unpaid",
    "paused": "paused",
    "canceled": "canceled",
}
#: States in which Stripe still counts on while its ``pause_collection`` bills nothing.
PAUSABLE = frozenset({"active", "past_due"})


def subscription(body: Body, as_of: datetime) -> SubscriptionFact:
    """A subscription with its items. Its period stands on it or, since 2025-03-31, on its items.

    One whose collection is paused counts as paused: it bills nothing.
    """
    status = text(body.get("status"), 40)
    if status not in STATES:
        raise Unreadable(f"{own_id(body)} is {status or 'in no state'}, which the desk does not know.")
    items = _items(body, as_of)
    currency = items[0].price.currency if items else currency_of(body)
    # Before 2018-11-08 the start was called so.
    created = at(body.get("start_date")) or at(body.get("start")) or born(body, as_of)
    starts, ends = _period(body)
    state = STATES[status]
    if state in PAUSABLE and part(body, "pause_collection"):
        state = "paused"
    return SubscriptionFact(
        gateway=STRIPE,
        gateway_id=own_id(body),
        customer_id=id_of(body.get("customer")),
        state=state,
        currency=currency,
        anchor_at=at(body.get("billing_cycle_anchor")) or created,
        created_at=created,
        as_of=as_of,
        items=items,
        current_period_start=starts,
        current_period_end=ends,
        trial_ends_at=at(body.get("trial_end")),
        cancel_at_period_end=body.get("cancel_at_period_end") is True,
        cancel_at=at(body.get("cancel_at")),
        canceled_at=at(body.get("canceled_at")),
        ended_at=at(body.get("ended_at")),
    )


def _period(body: Body) -> tuple[datetime | None, datetime | None]:
    """The period of the subscription, or the latest one of its items; nothing where it is upside down."""
    periods = [
        (at(each.get("current_period_start")), at(each.get("current_period_end")))
        for each in (body, *listed(body, "items"))
    ]
    known = [(a, b) for a, b in periods if a and b and b > a]
    return max(known, key=lambda period: period[1]) if known else (None, None)


def _items(body: Body, as_of: datetime) -> tuple[ItemFact, ...]:
    bodies = listed(body, "items")
    if not bodies and part(body, "plan"):
        bodies = [{"id": "", "plan": body["plan"], "quantity": body.get("quantity")}]
    found: list[tuple[str, PriceFact, int, Body]] = []
    for each in bodies:
        fact = price(part(each, "price") or part(each, "plan"), as_of)
        if fact is not None and each.get("deleted") is not True:
            quantity = whole(each.get("quantity")) if each.get("quantity") is not None else 1
            found.append((id_of(each) or f"{own_id(body)}:{fact.gateway_id}", fact, quantity, each))
    amounts = [fact.unit_amount_minor * quantity for _, fact, quantity, _ in found]
    shared = _shared_discounts(body, amounts, found[0][1].currency if found else "")
    return tuple(
        ItemFact(
            gateway_id=gateway_id,
            price=fact,
            quantity=quantity,
            discount_minor=min(amount, off + _discount(_discounts(each), amount, fact.currency)),
        )
        for (gateway_id, fact, quantity, each), amount, off in zip(found, amounts, shared, strict=True)
    )


def _shared_discounts(body: Body, amounts: list[int], currency: str) -> list[int]:
    """What the subscription's own discounts take off each item, in proportion to what it costs."""
    total = sum(amounts)
    off = _discount(_discounts(body), total, currency)
    if not off:
        return [0] * len(amounts)
    return [share.minor for share in allocate(Money(off, currency), amounts)]


def _discounts(body: Body) -> Iterable[Body]:
    single = part(body, "discount")
    return [*([single] if single else []), *listed(body, "discounts")]


def _discount(discounts: Iterable[Body], amount: int, currency: str) -> int:
    """What the discounts that last for ever take off the amount; those known only by id are left out."""
    off = 0
    for discount in discounts:
        coupon = part(discount, "coupon") or part(discount, "source", "coupon")
        if coupon.get("duration") != "forever":
            continue
        percent = decimal(coupon.get("percent_off"))
        if percent is not None:
            off += round_half_away(Fraction(percent) * (amount - off) / 100)
        elif text(coupon.get("currency"), 3).upper() == currency:
            off += minor(coupon.get("amount_off"), currency)
    return min(off, amount)
