"""Reading subscriptions: what they are worth in a month."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db.models import Count, Max, Sum

from billing.subscriptions.models import MrrMovement, Subscription, SubscriptionItem
from billing.subscriptions.mrr import Unit, monthly_minor

type Place = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Worth:
    """A subscription's MRR by its items, whatever its state; minor units of its currency a month."""

    subscription: Subscription
    mrr_minor: int


def worths(customer_ids: Collection[int]) -> list[Worth]:
    """Every subscription of these customers, oldest first, in two statements."""
    rows = Subscription.objects.filter(customer__in=customer_ids).prefetch_related("items__price")
    return [Worth(row, sum(map(_monthly, row.items.all()))) for row in rows.order_by("created_at", "pk")]


def _monthly(item: SubscriptionItem) -> int:
    price = item.price
    return monthly_minor(
        price.unit_amount_minor,
        item.quantity,
        cast(Unit, price.interval_unit),
        price.interval_count,
        discount_minor=item.discount_minor,
    )


def moved(customer_ids: Collection[int]) -> dict[Place, tuple[int, int, datetime | None]]:
    """For each customer and currency: the sum of the movements, how many, and when the last one was."""
    rows = (
        MrrMovement.objects.filter(customer__in=customer_ids)
        .values_list("customer_id", "currency")
        .annotate(total=Sum("amount_minor"), count=Count("pk"), last=Max("at"))
    )
    return {(customer, currency): (total, count, last) for customer, currency, total, count, last in rows}
