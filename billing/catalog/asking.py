"""The price of a plan that a customer is asked for: the catalog says it, never the caller."""

from billing.catalog.models import Price
from billing.errors import InvalidInput
from billing.periods import Interval
from billing.periods.intervals import Unit

__all__ = ["price_asked_for"]


def price_asked_for(*, plan: str, unit: Unit, count: int, currency: str) -> Price:
    """The newest price at which the plan (a tier's slug) is sold for this interval, in the customer's
    ``currency``; for a customer without one, in the only currency that there is.

    Raises `InvalidInput` for a plan that nobody can buy, or that is not sold so.
    """
    sold = Price.objects.select_related("tier").filter(
        tier__slug=plan, tier__is_public=True, tier__is_archived=False, is_active=True
    )
    prices = list(sold.order_by("-version"))
    if not prices:
        raise InvalidInput("plan_not_sold", f'Plan: none called "{plan[:64]}" is sold.', field="plan")
    fitting = [each for each in prices if (each.interval_unit, each.interval_count) == (unit, count)]
    if not fitting:
        raise InvalidInput(
            "plan_not_sold",
            f"Interval: {prices[0].tier.name} is not sold for every {Interval(unit, count)}.",
            field="interval",
        )
    currencies = sorted({each.currency for each in fitting})
    if not currency and len(currencies) > 1:
        raise InvalidInput(
            "customer_without_currency",
            f"Currency: this customer has none, and {prices[0].tier.name} is sold in "
            f"{', '.join(currencies)}. Tell it with the customer.",
            field="currency",
        )
    own = [each for each in fitting if each.currency == (currency or currencies[0])]
    if not own:
        raise InvalidInput(
            "plan_not_sold",
            f"Plan: {prices[0].tier.name} is sold in {', '.join(currencies)}, and this customer pays in "
            f"{currency}.",
            field="plan",
        )
    return own[0]
