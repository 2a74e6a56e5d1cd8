"""Taking back what was only planned: a cancellation, or a change of plan."""

from datetime import datetime

from django.db import transaction

from billing.errors import Conflict
from billing.history.actors import Actor
from billing.logs import add_facts, service
from billing.subscriptions.changes import ChangeKind, PendingChange
from billing.subscriptions.changing import withdraw
from billing.subscriptions.commitments.canceling import follow_undo
from billing.subscriptions.doing import Ask, done_before, keep, lock, says
from billing.subscriptions.facts import fact_of
from billing.subscriptions.models import Subscription

__all__ = ["undo_cancel", "undo_planned_change"]


@service("subscriptions")
@transaction.atomic
def undo_cancel(
    *,
    subscription_id: int,
    reason: str,
    actor: Actor,
    now: datetime,
    asked_by: str = "staff",
    key: str | None = None,
) -> Subscription:
    """The subscription goes on after all. Raises `Conflict` for one that has ended or was to go on anyway."""
    ask = Ask(asked_by, reason, actor, now, key)
    ask.check()
    subscription = lock(subscription_id, ours=False)
    if done_before(subscription_id, ask, ChangeKind.UNDO_CANCEL):
        return subscription
    subscription = lock(subscription_id)
    if subscription.cancel_at is None:
        raise Conflict(
            "nothing_to_undo", f"{subscription.reference} is not to end; there is nothing to undo."
        )
    if subscription.cancel_at <= now:
        raise Conflict(
            "too_late_to_undo",
            f"{subscription.reference} ended on {subscription.cancel_at:%-d %B %Y}. Start it again to go on.",
        )
    before = {**says(fact_of(subscription)), "ends_at": subscription.cancel_at.isoformat()}
    subscription.cancel_at_period_end = False
    subscription.cancel_at = subscription.canceled_at = None
    subscription.save(update_fields=["cancel_at_period_end", "cancel_at", "canceled_at"])
    keep(subscription, ChangeKind.UNDO_CANCEL, ask, before=before, after={})
    follow_undo(subscription, reason=reason, actor=actor, now=now)
    add_facts(subscription=subscription.reference)
    return subscription


@service("subscriptions")
@transaction.atomic
def undo_planned_change(
    *,
    subscription_id: int,
    reason: str,
    actor: Actor,
    now: datetime,
    asked_by: str = "staff",
    key: str | None = None,
) -> PendingChange | None:
    """Withdraws the change that waits for the next period. Raises `Conflict` when none waits."""
    ask = Ask(asked_by, reason, actor, now, key)
    ask.check()
    subscription = lock(subscription_id, ours=False)
    if before := done_before(subscription_id, ask, ChangeKind.UNDO_PLAN):
        return PendingChange.objects.filter(pk=before.before.get("planned")).first()
    subscription = lock(subscription_id)
    waiting = withdraw(subscription, ask)
    if waiting is None:
        raise Conflict("nothing_to_undo", f"No change of {subscription.reference} waits for its next period.")
    was = {"planned": waiting.pk, "price": waiting.price_id, "quantity": waiting.quantity}
    keep(subscription, ChangeKind.UNDO_PLAN, ask, before=was, after={})
    add_facts(subscription=subscription.reference)
    return waiting
