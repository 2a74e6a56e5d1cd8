"""PayPal's products and plans."""

from datetime import datetime

from billing.gateways.amounts import from_decimal
from billing.gateways.facts import PriceFact, TierFact
from billing.gateways.paypal_objects.reading import PAYPAL, Body, at, money, own_id, status_of
from billing.gateways.stripe_objects.reading import free_text, listed, part, text

UNITS = frozenset({"day", "week", "month", "year"})


def product(body: Body, as_of: datetime) -> TierFact:
    return TierFact(
        gateway=PAYPAL,
        gateway_id=own_id(body),
        name=free_text(body.get("name"), 120),
        created_at=at(body.get("create_time")),
        as_of=as_of,
        description=free_text(body.get("description"), 2000),
    )


def tier_of_plan(body: Body, as_of: datetime) -> TierFact | None:
    """What a plan sells, where it names no product: itself."""
    if text(body.get("product_id"), 64):
        return None
    return TierFact(
        gateway=PAYPAL,
        gateway_id=own_id(body),
        name=free_text(body.get("name"), 120),
        created_at=at(body.get("create_time")),
        as_of=as_of,
        description=free_text(body.get("description"), 2000),
    )


def plan(body: Body, as_of: datetime, *, gateway_id: str = "", currency: str = "") -> PriceFact | None:
    """The regular price of a plan for one cycle; None where it names none.

    A plan of the older interface says it in `payment_definitions`, without its taxes and shipping; one that
    stands inside a subscription says its currency beside them.
    """
    own = gateway_id or own_id(body)
    found = _newer(body) or _older(body, currency or text(body.get("curr_code"), 3))
    if found is None:
        return None
    unit, count, minor, code = found
    return PriceFact(
        gateway=PAYPAL,
        gateway_id=own,
        tier_id=text(body.get("product_id"), 64) or own,
        currency=code,
        unit_amount_minor=minor,
        interval_unit=unit,
        interval_count=count,
        created_at=at(body.get("create_time")),
        as_of=as_of,
        tax_inclusive=part(body, "taxes").get("inclusive") is True,
        is_active=status_of(body) not in ("INACTIVE", "DELETED"),
    )


def _newer(body: Body) -> tuple[str, int, int, str] | None:
    for each in listed(body, "billing_cycles"):
        rhythm = part(each, "frequency")
        unit = text(rhythm.get("interval_unit"), 8).lower()
        price = money(part(each, "pricing_scheme").get("fixed_price"))
        if text(each.get("tenure_type"), 16) == "REGULAR" and unit in UNITS and price is not None:
            return unit, _count(rhythm.get("interval_count")), price.minor, price.currency
    return None


def _older(body: Body, currency: str) -> tuple[str, int, int, str] | None:
    for each in listed(body, "payment_definitions"):
        amount = part(each, "amount")
        unit = text(each.get("frequency"), 8).lower()
        code = text(amount.get("currency"), 3) or currency
        if text(each.get("type"), 16) == "REGULAR" and unit in UNITS and amount.get("value") and code:
            price = from_decimal(amount["value"], code)
            return unit, _count(each.get("frequency_interval")), price.minor, price.currency
    return None


def _count(value: object) -> int:
    return max(1, int(value)) if isinstance(value, int | str) and str(value).isdigit() else 1
