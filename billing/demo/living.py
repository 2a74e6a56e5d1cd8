"""What was changed of a few subscriptions lately, through the services themselves: for the screens."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Exists, OuterRef

from billing.catalog.models import Price
from billing.errors import Refused
from billing.history.actors import Actor
from billing.subscriptions.canceling import cancel_subscription
from billing.subscriptions.changing import change_subscription
from billing.subscriptions.commitments.models import Commitment
from billing.subscriptions.models import Subscription
from billing.subscriptions.pausing import pause_subscription

__all__ = ["change_some"]

type Deed = Callable[[Subscription, Actor, datetime], object]


def change_some(people: Sequence[Actor], *, now: datetime) -> int:
    """Two plans to change with their next period, one that grew today, two that rest, one that leaves; how
    many were done."""
    if not people:
        return 0
    deeds: list[Deed] = [_downgrade, _grow, _rest, _leave, _downgrade, _rest]
    done = 0
    for place, (deed, row) in enumerate(zip(deeds, _candidates(now), strict=False)):
        try:
            deed(row, people[place % len(people)], now)
        except Refused:  # quiet: this one cannot (a tax rule wants more), and the next one has its turn
            continue
        done += 1
    return done


def _candidates(now: datetime) -> Iterable[Subscription]:
    """Monthly, paid, in the middle of a period, bound by nothing; the newest first."""
    bound = Commitment.objects.filter(subscription=OuterRef("pk"))
    rows = Subscription.objects.filter(
        ~Exists(bound),
        state="active",
        collected_by="us",
        cancel_at__isnull=True,
        current_period_end__gt=now + timedelta(days=8),
        current_period_start__lt=now - timedelta(days=5),
        items__price__unit_amount_minor__gt=0,
        items__price__interval_unit="month",
        items__discount_minor=0,
    ).exclude(customer__country="")
    return islice(rows.order_by("-created_at", "-pk").iterator(), 40)


def _downgrade(row: Subscription, actor: Actor, now: datetime) -> None:
    item = row.items.select_related("price__tier").get()
    smaller = (
        Price.objects.filter(
            currency=row.currency, is_active=True, tier__is_archived=False, interval_unit="month",
            tier__rank__lt=item.price.tier.rank,
        )
        .order_by("-tier__rank", "-version")
        .first()
    )  # fmt: skip
    change_subscription(
        subscription_id=row.pk,
        price_id=smaller.pk if smaller else item.price_id,
        quantity=1 if smaller and not smaller.per_seat else item.quantity + (0 if smaller else 1),
        when="period_end",
        asked_by="customer",
        reason="Uses less than before",
        actor=actor,
        now=now - timedelta(hours=3),
    )


def _grow(row: Subscription, actor: Actor, now: datetime) -> None:
    item = row.items.get()
    change_subscription(
        subscription_id=row.pk,
        price_id=item.price_id,
        quantity=item.quantity + 3,
        asked_by="customer",
        reason="Three people join the team",
        actor=actor,
        now=now - timedelta(hours=2),
    )


def _rest(row: Subscription, actor: Actor, now: datetime) -> None:
    pause_subscription(
        subscription_id=row.pk,
        resumes_at=now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=45),
        asked_by="customer",
        reason="The season is over",
        actor=actor,
        now=now - timedelta(hours=2),
    )


def _leave(row: Subscription, actor: Actor, now: datetime) -> None:
    cancel_subscription(
        subscription_id=row.pk,
        when="period_end",
        asked_by="customer",
        reason="Moves to another product",
        actor=actor,
        now=now - timedelta(hours=1),
    )
