"""Letting a subscription rest: nothing is billed, nothing may be used, and it can be taken up again."""

from datetime import datetime

from django.db import transaction

from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import move
from billing.invoices.composing import Piece
from billing.invoices.pending import add_pending
from billing.logs import add_facts, service
from billing.subscriptions.changes import ChangeKind
from billing.subscriptions.changing_rules import running_period, take_back
from billing.subscriptions.doing import Ask, count, done_before, keep, lock, says
from billing.subscriptions.facts import billed_after, fact_of
from billing.subscriptions.models import Subscription
from billing.subscriptions.plans import Facts
from billing.subscriptions.rules import MACHINE

__all__ = ["pause_subscription", "plan_pause"]


def plan_pause(facts: Facts, resumes_at: datetime | None, now: datetime) -> list[Piece]:
    """What a pause from ``now`` gives back; writes nothing.

    Raises `Conflict` for what is not active, `InvalidInput` for a day of resuming that has passed.
    """
    if facts.state != "active":
        raise Conflict(
            "subscription_not_pausable",
            f"{facts.reference} is {facts.state.replace('_', ' ')}: only an active one can be paused.",
        )
    if facts.cancel_at is not None:
        raise Conflict(
            "subscription_ends", f"{facts.reference} ends on {facts.cancel_at:%-d %B %Y}: undo that first."
        )
    if resumes_at is not None and resumes_at <= now:
        raise InvalidInput("date_in_the_past", "Resumes: a day that is still to come.", field="resumes_at")
    running_period(facts, now)
    return take_back(billed_after(facts.id, now), now, facts.basis, "paused")


@service("subscriptions")
@transaction.atomic
def pause_subscription(
    *,
    subscription_id: int,
    resumes_at: datetime | None = None,
    reason: str,
    actor: Actor,
    now: datetime,
    asked_by: str = "staff",
    key: str | None = None,
) -> Subscription:
    """Pauses an active subscription, until a day or until somebody resumes it.

    The unused time is given back on its next invoice, and MRR contracts. A change that waits goes on waiting.
    """
    now = now.replace(microsecond=0)
    ask = Ask(asked_by, reason, actor, now, key)
    ask.check()
    subscription = lock(subscription_id, ours=False)
    if done_before(subscription_id, ask, ChangeKind.PAUSE):
        return subscription
    subscription = lock(subscription_id)
    facts = fact_of(subscription)
    pieces = plan_pause(facts, resumes_at, now)
    also = {"paused_at": now, "resumes_at": resumes_at}
    move(subscription, MACHINE, "paused", actor=actor, now=now, reason=reason, also=also)
    until = resumes_at.isoformat() if resumes_at else None
    change = keep(subscription, ChangeKind.PAUSE, ask, before=says(facts), after={"resumes_at": until})
    add_pending(
        pieces,
        customer_id=facts.customer_id,
        subscription_id=facts.id,
        currency=facts.currency,
        cause=f"change:{change.pk}",
        actor=actor,
        now=now,
    )
    count(subscription, now, ask, "paused")
    add_facts(subscription=subscription.reference)
    return subscription
