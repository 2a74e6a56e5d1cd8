"""Moving the day on which a subscription is billed."""

from datetime import datetime

from django.db import transaction

from billing.errors import Conflict
from billing.history.actors import Actor
from billing.invoices.models import Invoice
from billing.logs import add_facts, service
from billing.subscriptions.changes import ChangeKind, PendingChange
from billing.subscriptions.changing import CHANGEABLE
from billing.subscriptions.changing_rules import Outcome, move_date
from billing.subscriptions.doing import Ask, bill, done_before, keep, lock, put_period, says
from billing.subscriptions.facts import billed_after, fact_of
from billing.subscriptions.models import Subscription
from billing.subscriptions.plans import Facts

__all__ = ["move_billing_date", "plan_move"]


def plan_move(facts: Facts, to: datetime, now: datetime) -> Outcome:
    """What moving would bring. Raises `Conflict` or `InvalidInput`; writes nothing."""
    if facts.state not in CHANGEABLE:
        raise Conflict(
            "subscription_not_changeable",
            f"{facts.reference} is {facts.state.replace('_', ' ')}: move its date once it runs again.",
        )
    if facts.cancel_at is not None:
        raise Conflict(
            "subscription_ends", f"{facts.reference} ends on {facts.cancel_at:%-d %B %Y}: undo that first."
        )
    # Lines of the time after `to` are those that reach beyond it, whenever they began.
    return move_date(facts, to, billed_after(facts.id, min(to, now)), now)


@service("subscriptions")
@transaction.atomic
def move_billing_date(
    *,
    subscription_id: int,
    to: datetime,
    reason: str,
    actor: Actor,
    now: datetime,
    asked_by: str = "staff",
    key: str | None = None,
) -> tuple[Subscription, Invoice | None]:
    """The running period ends at ``to`` and all later ones are counted from there.

    Earlier: what was billed beyond is given back on the next invoice. Later: the days between are billed now.
    """
    now = now.replace(microsecond=0)
    ask = Ask(asked_by, reason, actor, now, key)
    ask.check()
    subscription = lock(subscription_id, ours=False)
    if before := done_before(subscription_id, ask, ChangeKind.MOVE_DATE):
        return subscription, Invoice.objects.filter(cause=f"change:{before.pk}").first()
    subscription = lock(subscription_id)
    facts = fact_of(subscription)
    outcome = plan_move(facts, to, now)
    subscription.save(update_fields=put_period(subscription, outcome.anchor_at, outcome.period))
    PendingChange.objects.filter(
        subscription=subscription, applied_at__isnull=True, withdrawn_at__isnull=True
    ).update(applies_at=to)
    after = fact_of(subscription)
    change = keep(subscription, ChangeKind.MOVE_DATE, ask, before=says(facts), after=says(after))
    invoice = bill(after, outcome.pieces, cause=f"change:{change.pk}", ask=ask)
    add_facts(subscription=subscription.reference)
    return subscription, invoice
