"""Ending a subscription that our own billing run collects."""

from datetime import datetime
from typing import Literal

from django.db import transaction

from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.history.services import move, record
from billing.logs import add_facts, service
from billing.subscriptions.models import CollectedBy, Subscription
from billing.subscriptions.movements import Change, record_movements
from billing.subscriptions.rules import MACHINE, TERMINAL

__all__ = ["When", "cancel_subscription", "why_not_here"]

type When = Literal["period_end", "now"]


def why_not_here(subscription: Subscription) -> str:
    """Why the desk cannot end it, in a sentence; empty when it can."""
    if subscription.collected_by != CollectedBy.US:
        return f"{subscription.reference} is collected by the gateway: cancel it there, the desk follows."
    if subscription.state in TERMINAL:
        return f"{subscription.reference} has ended already."
    return ""


@service("subscriptions")
@transaction.atomic
def cancel_subscription(
    *, subscription_id: int, when: When, reason: str, actor: Actor, now: datetime
) -> Subscription:
    """Ends it now, or says that it ends with its period; churn is counted when it ends.

    Asking again for its period's end changes nothing. Raises `Conflict` for one that a gateway collects or
    that has ended.
    """
    if when not in ("period_end", "now"):
        raise InvalidInput("when_unknown", "Subscription: choose now or the end of its period.")
    subscription = Subscription.objects.select_for_update().filter(pk=subscription_id).first()
    if subscription is None:
        raise Missing("subscription_missing", "This subscription is not here.")
    if refusal := why_not_here(subscription):
        raise Conflict("subscription_not_cancelable", refusal)
    if when == "period_end" and subscription.current_period_end is not None:
        if subscription.cancel_at_period_end:
            return subscription
        subscription.cancel_at_period_end = True
        subscription.cancel_at = subscription.current_period_end
        subscription.canceled_at = now
        subscription.save(update_fields=["cancel_at_period_end", "cancel_at", "canceled_at"])
        record(
            subscription, "cancel_at_period_end", actor=actor, now=now, reason=reason,
            ends_at=subscription.cancel_at.isoformat(),
        )  # fmt: skip
    else:
        also = {"canceled_at": subscription.canceled_at or now, "ended_at": now}
        if subscription.state == "incomplete":
            raise Conflict(
                "subscription_incomplete", f"{subscription.reference} has not begun: it ends by itself."
            )
        move(subscription, MACHINE, "canceled", actor=actor, now=now, reason=reason, also=also)
        change = Change(subscription.pk, subscription.customer_id, subscription.currency, now)
        record_movements({subscription.customer_id}, [change], actor=actor, now=now)
    add_facts(subscription=subscription.reference, when=when)
    return subscription
