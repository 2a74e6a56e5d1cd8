"""Starting again after the end: a new subscription that continues the old one."""

from datetime import datetime

from django.db import transaction

from billing.errors import Conflict
from billing.history.actors import Actor
from billing.logs import service
from billing.subscriptions.changes import ChangeKind, SubscriptionChange
from billing.subscriptions.doing import lock
from billing.subscriptions.models import CollectedBy, Subscription
from billing.subscriptions.rules import TERMINAL
from billing.subscriptions.starting import Started, start_subscription

__all__ = ["reactivate_subscription", "why_not_again"]


def why_not_again(subscription: Subscription) -> str:
    """Why it cannot be started again, in a sentence; empty when it can."""
    if subscription.collected_by != CollectedBy.US:
        return (
            f"{subscription.reference} was collected by the gateway: start it there, or start a new one here."
        )
    if subscription.state not in TERMINAL:
        return f"{subscription.reference} has not ended."
    later = Subscription.objects.filter(continues=subscription).exclude(state__in=TERMINAL).first()
    if later is not None:
        return f"{later.reference} continues {subscription.reference} already."
    return ""


@service("subscriptions")
@transaction.atomic
def reactivate_subscription(
    *,
    subscription_id: int,
    price_id: int,
    quantity: int,
    reason: str,
    key: str,
    actor: Actor,
    now: datetime,
    asked_by: str = "staff",
) -> Started:
    """A new subscription without a trial, whose first period begins now, tied to the one that ended.

    The same key gives the first one again. Raises `Conflict` for one that runs, was continued, or is the
    gateway's, and what `start_subscription` raises.
    """
    old = lock(subscription_id, ours=False)
    again = SubscriptionChange.objects.filter(key=key, kind=ChangeKind.START).exists()
    if not again and (refusal := why_not_again(old)):
        raise Conflict("subscription_not_restartable", refusal)
    return start_subscription(
        customer_id=old.customer_id,
        price_id=price_id,
        quantity=quantity,
        collection=old.collection,
        due_days=old.due_days,
        asked_by=asked_by,
        reason=reason,
        key=key,
        continues_id=old.pk,
        actor=actor,
        now=now,
    )
