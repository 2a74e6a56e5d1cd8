"""Asking a gateway to end a subscription, or to let it go on: decided here, set there by a job."""

from datetime import datetime

from django.db import transaction

from billing.errors import Conflict, InvalidInput
from billing.gateways.errors import NotSetUp
from billing.gateways.registry import subscriber_named
from billing.history.actors import Actor
from billing.history.actors import gateway as gateway_actor
from billing.logs import add_facts, service
from billing.subscriptions.changes import ChangeKind
from billing.subscriptions.commitments.models import RUNNING, Commitment
from billing.subscriptions.doing import Ask, done_before, keep, lock, says
from billing.subscriptions.facts import fact_of
from billing.subscriptions.gateway_ends.models import GatewayEnd, Wanted
from billing.subscriptions.gateway_ends.queue import SET
from billing.subscriptions.models import CollectedBy, Subscription
from billing.subscriptions.rules import TERMINAL

__all__ = ["ask_end", "last_end", "why_no_end"]


def why_no_end(subscription: Subscription) -> str:
    """Why its gateway cannot be asked to end it or to let it go on, in a sentence; empty when it can."""
    who = gateway_actor(subscription.gateway).name if subscription.gateway else ""
    if subscription.collected_by != CollectedBy.GATEWAY:
        return f"{subscription.reference} is collected by our billing run."
    if subscription.state in TERMINAL:
        return f"{subscription.reference} has ended."
    if Commitment.objects.filter(subscription=subscription, state__in=RUNNING).exists():
        return "A commitment binds it: cancel that, and it ends with its term."
    if GatewayEnd.objects.filter(subscription=subscription, state="asked").exists():
        return f"{who} is being asked already: wait for its answer."
    try:
        subscriber_named(subscription.gateway)
    except NotSetUp:  # quiet: the sentence says so
        return f"The desk cannot end subscriptions at {who}: end it there, the desk follows."
    return ""


def last_end(subscription: Subscription) -> GatewayEnd | None:
    """The end that was asked for last, with who asked."""
    rows = GatewayEnd.objects.filter(subscription=subscription).select_related("change")
    return rows.order_by("-pk").first()


@service("subscriptions")
@transaction.atomic
def ask_end(
    *,
    subscription_id: int,
    wanted: str,
    reason: str,
    actor: Actor,
    now: datetime,
    asked_by: str = "staff",
    key: str | None = None,
) -> GatewayEnd:
    """Asks for its end ``now`` or ``later``, with the period that runs, or that it ``never`` ends after all.

    The row and its job are written here; the gateway is called by the job, which reads back what stands
    there. Raises `Conflict` for one that cannot be ended there, is bound by a commitment, or is being set.
    """
    if wanted not in Wanted.values:
        raise InvalidInput("when_unknown", "When: choose now or the end of its period.", field="when")
    ask = Ask(asked_by, reason, actor, now, key)
    ask.check()
    kind = ChangeKind.UNDO_CANCEL if wanted == Wanted.NEVER else ChangeKind.CANCEL
    subscription = lock(subscription_id, ours=False)
    if before := done_before(subscription_id, ask, kind):
        return before.gateway_end
    if refusal := why_no_end(subscription):
        raise Conflict("subscription_not_cancelable", refusal)
    ends_at = _moment(subscription, wanted)
    after = {"ends_at": ends_at.isoformat() if ends_at else None, "at_gateway": subscription.gateway}
    change = keep(subscription, kind, ask, before=says(fact_of(subscription)), after=after)
    made = GatewayEnd.objects.create(
        subscription=subscription, change=change, wanted=wanted, ends_at=ends_at, asked_at=now
    )
    SET.enqueue(made.pk)
    add_facts(subscription=subscription.reference, wanted=wanted)
    return made


def _moment(subscription: Subscription, wanted: str) -> datetime | None:
    ends_at = subscription.cancel_at or (
        subscription.current_period_end if subscription.cancel_at_period_end else None
    )
    if wanted == Wanted.NEVER and ends_at is None:
        raise Conflict(
            "nothing_to_undo", f"{subscription.reference} is not to end; there is nothing to undo."
        )
    if wanted != Wanted.LATER:
        return None
    if subscription.current_period_end is None:
        raise Conflict("period_unknown", "Ends: its period is not known. End it now.", field="when")
    if ends_at is not None:
        raise Conflict(
            "ends_already", f"{subscription.reference} ends on {ends_at:%-d %B %Y} already.", field="when"
        )
    return subscription.current_period_end
