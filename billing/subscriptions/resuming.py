"""Taking a paused subscription up again: a new period begins, less what the pause gave back."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from billing.errors import Conflict, Refused
from billing.history.actors import Actor
from billing.history.services import move
from billing.logs import add_facts, note_odd, service
from billing.periods import nth_period
from billing.subscriptions.changes import ChangeKind
from billing.subscriptions.changing_rules import Outcome, period_piece
from billing.subscriptions.doing import Ask, bill, count, done_before, keep, lock, put_period, says
from billing.subscriptions.facts import fact_of
from billing.subscriptions.granting import top_up
from billing.subscriptions.models import Subscription
from billing.subscriptions.plans import Facts
from billing.subscriptions.rules import MACHINE

__all__ = ["plan_resume", "resume_due", "resume_subscription"]

MOST = 1_000


def plan_resume(facts: Facts, now: datetime) -> Outcome:
    """The period that begins and what it costs. Raises `Conflict` for one that is not paused."""
    if facts.state != "paused":
        raise Conflict(
            "subscription_not_paused", f"{facts.reference} is {facts.state.replace('_', ' ')}, not paused."
        )
    period = nth_period(now, 0, facts.main.price.interval)
    pieces = tuple(period_piece(item, period) for item in facts.items if item.amount_minor)
    return Outcome(pieces, now, period, facts.main)


@service("subscriptions")
@transaction.atomic
def resume_subscription(
    *,
    subscription_id: int,
    reason: str,
    actor: Actor,
    now: datetime,
    asked_by: str = "staff",
    key: str | None = None,
) -> Subscription:
    """Makes a paused subscription active: its periods are counted from now on, and the first one is billed.

    Credits that were granted for time before the pause count against those of the new period.
    """
    now = now.replace(microsecond=0)
    ask = Ask(asked_by, reason, actor, now, key)
    ask.check()
    subscription = lock(subscription_id, ours=False)
    if done_before(subscription_id, ask, ChangeKind.RESUME):
        return subscription
    subscription = lock(subscription_id)
    facts = fact_of(subscription)
    outcome = plan_resume(facts, now)
    paused_at = subscription.paused_at or now
    moved = put_period(subscription, outcome.anchor_at, outcome.period)
    also = {column: getattr(subscription, column) for column in moved}
    also |= {"paused_at": None, "resumes_at": None}
    move(subscription, MACHINE, "active", actor=actor, now=now, reason=reason, also=also)
    after = fact_of(subscription)
    was = {**says(facts), "paused_at": paused_at.isoformat()}
    change = keep(subscription, ChangeKind.RESUME, ask, before=was, after=says(after))
    count(subscription, now, ask, "resumed")
    top_up(
        subscription, before=facts, after=after, change_id=change.pk, actor=actor, now=now, since=paused_at
    )
    bill(replace(after, period=outcome.period), outcome.pieces, cause=f"change:{change.pk}", ask=ask)
    add_facts(subscription=subscription.reference)
    return subscription


@service("subscriptions")
def resume_due(*, actor: Actor, now: datetime, limit: int = MOST) -> int:
    """Resumes those whose day has come; how many. One that cannot be billed stays paused and stops nobody."""
    due = Subscription.objects.filter(resumes_at__isnull=False, resumes_at__lte=now, state="paused")
    resumed = 0
    for pk in due.order_by("resumes_at", "pk").values_list("pk", flat=True)[:limit]:
        try:
            resume_subscription(
                subscription_id=pk, reason="The pause is over", actor=actor, now=now, asked_by="system"
            )
        except Refused as refusal:  # quiet: the others resume; this one is told by its log line
            note_odd("subscriptions.not_resumed", subscription=pk, code=refusal.code)
            continue
        resumed += 1
    add_facts(resumed=resumed)
    return resumed
