"""Subscriptions as lists and pages show them."""

from collections.abc import Iterable

from django.db.models import QuerySet

from billing.catalog.models import Price
from billing.money import Money
from billing.subscriptions.models import Subscription, SubscriptionItem
from billing.subscriptions.mrr import monthly_minor
from billing.subscriptions.rules import COUNTS_AS_MRR


def subscriptions_for_list() -> QuerySet[Subscription]:
    """Every subscription with its customer, items, prices and tiers: three queries whatever the number."""
    return Subscription.objects.select_related("customer__identity").prefetch_related("items__price__tier")


def subscription_by_reference(reference: str) -> Subscription | None:
    return subscriptions_for_list().select_related("continues").filter(reference=reference).first()


def plan_of(subscription: Subscription) -> str:
    """What the customer is on, in words: "Business, monthly" or "Team × 12, yearly + Storage, monthly"."""
    return " + ".join(plan_of_item(item) for item in subscription.items.all()) or "no plan"


def plan_of_item(item: SubscriptionItem) -> str:
    seats = f" × {item.quantity}" if item.quantity != 1 else ""
    return f"{item.price.tier.name}{seats}, {interval_of(item.price)}"


def interval_of(price: Price) -> str:
    """ "monthly", "yearly", "every 3 months"."""
    if price.interval_count == 1:
        return {"day": "daily", "week": "weekly", "month": "monthly", "year": "yearly"}[price.interval_unit]
    return f"every {price.interval_count} {price.interval_unit}s"


def versions_of(subscription: Subscription) -> str:
    """Which versions of which prices it pays: "v3", or "v3 + v1"."""
    return " + ".join(f"v{item.price.version}" for item in subscription.items.all())


def monthly_of(subscription: Subscription) -> Money:
    """What it is worth in a month by its items, zero for a trial, a pause, or after the end."""
    if subscription.state not in COUNTS_AS_MRR:
        return Money.zero(subscription.currency)
    return Money(monthly_of_items(subscription.items.all()), subscription.currency)


def monthly_of_items(items: Iterable[SubscriptionItem]) -> int:
    """Minor units a month, each item rounded once."""
    total = 0
    for item in items:
        price = item.price
        total += monthly_minor(
            price.unit_amount_minor,
            item.quantity,
            price.interval_unit,  # type: ignore[arg-type]
            price.interval_count,
            discount_minor=item.discount_minor,
        )
    return total
