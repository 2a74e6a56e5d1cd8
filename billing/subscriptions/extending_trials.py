"""Giving a trial more time."""

from datetime import datetime, timedelta

from django.db import transaction

from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.logs import add_facts, service
from billing.periods import Period
from billing.subscriptions.changes import ChangeKind, PendingChange
from billing.subscriptions.doing import Ask, done_before, keep, lock, put_period, says
from billing.subscriptions.facts import fact_of
from billing.subscriptions.models import Subscription
from billing.subscriptions.plans import Facts

__all__ = ["LONGEST", "check_extension", "extend_trial"]

#: No trial runs longer than this from its start.
LONGEST = timedelta(days=366)


def check_extension(facts: Facts, to: datetime, now: datetime) -> Period:
    """The trial's period with its new end. Raises `Conflict` without a trial that runs, `InvalidInput` for an
    end that is not later."""
    if facts.state != "trialing" or facts.period is None:
        raise Conflict("no_trial_runs", f"{facts.reference} is not in a trial.")
    if facts.period.end <= now:
        raise Conflict(
            "trial_is_over", f"The trial of {facts.reference} ended on {facts.period.end:%-d %B %Y}."
        )
    if to <= facts.period.end:
        raise InvalidInput(
            "trial_not_longer",
            f"Ends: a day after {facts.period.end:%-d %B %Y}, when it ends now.",
            field="date",
        )
    if to > facts.period.start + LONGEST:
        raise InvalidInput(
            "trial_too_long",
            f"Ends: {facts.period.start + LONGEST:%-d %B %Y} at the latest, a year after it began.",
            field="date",
        )
    return Period(facts.period.start, to)


@service("subscriptions")
@transaction.atomic
def extend_trial(
    *,
    subscription_id: int,
    to: datetime,
    reason: str,
    actor: Actor,
    now: datetime,
    asked_by: str = "staff",
    key: str | None = None,
) -> Subscription:
    """The trial ends later, and the first paid period begins then; nothing is billed and nothing granted."""
    ask = Ask(asked_by, reason, actor, now, key)
    ask.check()
    subscription = lock(subscription_id, ours=False)
    if done_before(subscription_id, ask, ChangeKind.EXTEND_TRIAL):
        return subscription
    subscription = lock(subscription_id)
    facts = fact_of(subscription)
    period = check_extension(facts, to, now)
    saved = put_period(subscription, period.end, period)
    subscription.trial_ends_at = period.end
    if subscription.cancel_at is not None and subscription.cancel_at_period_end:
        subscription.cancel_at = period.end
    subscription.save(update_fields=[*saved, "trial_ends_at", "cancel_at"])
    PendingChange.objects.filter(
        subscription=subscription, applied_at__isnull=True, withdrawn_at__isnull=True
    ).update(applies_at=period.end)
    keep(subscription, ChangeKind.EXTEND_TRIAL, ask, before=says(facts), after=says(fact_of(subscription)))
    add_facts(subscription=subscription.reference)
    return subscription
