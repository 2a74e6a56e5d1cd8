"""The call: the end of a term is set at the gateway under its own key, read back, and judged."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from billing.gateways.errors import GatewayError, GatewayRefused, NotSetUp, Unreachable
from billing.gateways.facts import EndFact
from billing.gateways.registry import subscriber_named
from billing.history.actors import gateway as gateway_actor
from billing.history.actors import system
from billing.history.context import acting
from billing.history.services import move, record
from billing.logs import add_facts, service
from billing.notifications.services import close_alert, open_alert
from billing.subscriptions.commitments.agreeing import ALERT, finish
from billing.subscriptions.commitments.locks import lock_commitment
from billing.subscriptions.commitments.models import RUNNING, Commitment
from billing.subscriptions.commitments.rules import MACHINE, Found, Seen, judge, watch_next
from billing.subscriptions.gateway_ends.recording import read_back
from billing.subscriptions.models import CollectedBy, Subscription

__all__ = ["WORKER", "collector", "look", "record_found", "set_at_gateway"]

WORKER = system("worker")
LONGEST = 300


@service("commitments")
def set_at_gateway(*, commitment_id: int, now: datetime) -> Commitment:
    """Sets the end of the term at the gateway, or takes it off, and reads back what stands there.

    Holds no transaction during the calls. The key is the commitment's reference and the number of what was
    decided, so that the same decision is carried out once, however often it is sent. A refusal is recorded
    and alerted; `Unreachable` and `NotSetUp` propagate, so that the job tries again.
    """
    with acting(WORKER):
        commitment = Commitment.objects.select_related("subscription").get(pk=commitment_id)
        subscription = commitment.subscription
        wanted = commitment.ends_at if commitment.cancel_asked_at else None
        if subscription.collected_by != CollectedBy.GATEWAY or not commitment.call:
            return commitment
        if commitment.state not in ("canceling", "agreed"):
            return commitment
        refusal = ""
        try:
            _call(subscription, wanted, f"{commitment.reference}:{commitment.call}")
        except GatewayRefused as no:
            refusal = no.message
        except (Unreachable, NotSetUp) as trouble:
            _note_trouble(commitment_id, trouble, now)
            raise
        found = look(commitment, now)
        if refusal and not found.is_fine:
            found = Found(found.finding, f"{collector(subscription)} refused the end of the term: {refusal}")
        add_facts(commitment=commitment.reference, finding=found.finding)
        return record_found(commitment_id=commitment_id, found=found, call=commitment.call, now=now)


def look(commitment: Commitment, now: datetime) -> Found:
    """What whoever collects says about the end, recorded on the subscription; no transaction is open."""
    subscription = commitment.subscription
    if subscription.collected_by == CollectedBy.GATEWAY:
        fact = read_back(subscription, now)
        seen = _seen(fact) if fact else None
    else:
        row = Subscription.objects.get(pk=subscription.pk)
        seen = Seen(row.state, row.cancel_at, row.ended_at, row.current_period_end)
    return judge(seen, commitment.ends_at, now, collector(subscription))


def collector(subscription: Subscription) -> str:
    """Who collects it, for sentences: "Stripe", "Our billing run"."""
    if subscription.collected_by == CollectedBy.GATEWAY:
        return gateway_actor(subscription.gateway).name
    return "Our billing run"


@service("commitments")
@transaction.atomic
def record_found(*, commitment_id: int, found: Found, now: datetime, call: int | None = None) -> Commitment:
    """Writes what the watch found: it holds, it is over, or it is at risk, which opens an alert.

    ``call`` is the number of the decision that was carried out; when another was made meanwhile, nothing is
    written, because the next job judges that one.
    """
    subscription, commitment = lock_commitment(commitment_id)
    if commitment.state not in RUNNING or (call is not None and commitment.call != call):
        return commitment
    if found.finding in ("ended", "ended_early"):
        finish(commitment, reason=found.sentence, actor=WORKER, now=now, found=found.sentence)
        return commitment
    if commitment.cancel_asked_at is None:
        return commitment
    also: dict[str, Any] = {
        "found": found.sentence[:LONGEST],
        "told_cancel_at": subscription.cancel_at,
        "watched_at": now,
        "watch_at": watch_next(commitment.ends_at, now, is_fine=found.is_fine),
    }
    state = "confirmed" if found.is_fine else "at_risk"
    if commitment.state != state:
        move(commitment, MACHINE, state, actor=WORKER, now=now, reason=found.sentence[:LONGEST], also=also)
    else:
        for column, value in also.items():
            setattr(commitment, column, value)
        commitment.save(update_fields=list(also))
    if found.is_fine:
        close_alert(kind=ALERT, key=commitment.reference, now=now)
    else:
        alert(commitment, found.sentence, now)
    return commitment


def alert(commitment: Commitment, sentence: str, now: datetime) -> None:
    open_alert(
        kind=ALERT,
        key=commitment.reference,
        sentence=f"{commitment.subscription.reference} was canceled to the end of its term. {sentence}",
        now=now,
        facts={"commitment": commitment.reference, "ends_on": commitment.ends_on.isoformat()},
    )


def _call(subscription: Subscription, at: datetime | None, key: str) -> EndFact:
    if connection.in_atomic_block:
        raise RuntimeError("the end of a term is never set inside a transaction")
    return subscriber_named(subscription.gateway).cancel_at(subscription.gateway_id, at, key=key)


def _seen(fact: EndFact) -> Seen:
    cancel_at = fact.cancel_at or (fact.current_period_end if fact.cancel_at_period_end else None)
    return Seen(fact.state, cancel_at, fact.ended_at, fact.current_period_end)


def _note_trouble(commitment_id: int, trouble: GatewayError, now: datetime) -> None:
    """Tells whoever looks that it is being tried again, and why; once for each reason."""
    with transaction.atomic():
        _, commitment = lock_commitment(commitment_id)
        if commitment.found == trouble.message[:LONGEST]:
            return
        commitment.found = trouble.message[:LONGEST]
        commitment.save(update_fields=["found"])
        record(commitment, "unreachable", actor=WORKER, now=now, reason=trouble.message, code=trouble.code)
