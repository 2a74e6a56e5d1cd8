"""Stripe's products, prices, and the plans that prices were before."""

from datetime import datetime

from billing.gateways.facts import PriceFact, TierFact
from billing.gateways.stripe_objects.reading import (
    STRIPE,
    Body,
    at,
    currency_of,
    decimal,
    free_text,
    id_of,
    listed,
    minor,
    own_id,
    part,
    text,
    whole,
)
from billing.money import round_half_away

UNITS = frozenset({"day", "week", "month", "year"})


def product(body: Body, as_of: datetime) -> TierFact:
    names = [
        text(each.get("name"), 120)
        for name in ("marketing_features", "features")
        for each in listed(body, name)
    ]
    deleted = body.get("deleted") is True
    return TierFact(
        gateway=STRIPE,
        gateway_id=own_id(body),
        name=free_text(body.get("name"), 120),
        created_at=at(body.get("created")),
        as_of=as_of,
        description=free_text(body.get("description"), 2000),
        features=tuple(dict.fromkeys(filter(None, names))),
        is_archived=deleted or body.get("active") is False,
    )


def price(body: Body, as_of: datetime) -> PriceFact | None:
    """A recurring price or a plan; None for one that is paid once, which the catalog does not hold.

    A price in tiers, or by what a customer chooses, has no amount for a seat and counts as zero; an
    amount in fractions of a minor unit is rounded half away from zero.
    """
    rhythm = part(body, "recurring") or (body if "interval" in body else {})
    unit = text(rhythm.get("interval"), 8)
    if unit not in UNITS or (body.get("deleted") is True and not body.get("currency")):
        return None
    currency = currency_of(body)
    amount = body.get("unit_amount", body.get("amount"))
    if amount is None:
        fraction = decimal(body.get("unit_amount_decimal", body.get("amount_decimal")))
        amount = 0 if fraction is None else round_half_away(fraction)
    return PriceFact(
        gateway=STRIPE,
        gateway_id=own_id(body),
        tier_id=id_of(body.get("product")) or own_id(body),
        currency=currency,
        unit_amount_minor=minor(amount, currency),
        interval_unit=unit,
        interval_count=max(1, whole(rhythm.get("interval_count"))),
        created_at=at(body.get("created")),
        as_of=as_of,
        tax_inclusive=body.get("tax_behavior") == "inclusive",
        is_active=body.get("active") is not False and body.get("deleted") is not True,
    )
