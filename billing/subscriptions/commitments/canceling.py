"""Canceling a subscription that is committed: it takes effect at the end of the term, at the gateway too."""

from datetime import datetime
from typing import Any

from django.db import transaction

from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import move, record
from billing.logs import add_facts, service
from billing.notifications.services import close_alert
from billing.subscriptions.commitments.agreeing import ALERT
from billing.subscriptions.commitments.locks import lock_commitment, lock_running
from billing.subscriptions.commitments.models import RUNNING, Commitment
from billing.subscriptions.commitments.queue import SET
from billing.subscriptions.commitments.rules import MACHINE, watch_next
from billing.subscriptions.models import AskedBy, CollectedBy, Subscription
from billing.subscriptions.rules import TERMINAL

__all__ = ["cancel_at_end", "follow_cancel", "follow_undo", "set_again", "why_not_cancel", "withdraw_cancel"]


def why_not_cancel(commitment: Commitment) -> str:
    """Why its cancellation cannot be asked for, in a sentence; empty when it can."""
    if commitment.state not in RUNNING:
        return f"{commitment.reference} has ended: cancel the subscription itself."
    if commitment.cancel_asked_at is not None:
        return f"It was canceled already, and ends on {commitment.ends_at:%-d %B %Y}."
    if commitment.subscription.state in TERMINAL:
        return f"{commitment.subscription.reference} has ended already."
    if _is_billed_beyond(commitment):
        return (
            f"The term of {commitment.reference} ended on {commitment.ends_at:%-d %B %Y} and the period "
            "after it is billed: cancel the subscription itself."
        )
    return ""


def _is_billed_beyond(commitment: Commitment) -> bool:
    """Whether our billing run has begun a period behind the term, so that it ends with that no more."""
    begun = commitment.subscription.current_period_start
    ours = commitment.subscription.collected_by == CollectedBy.US
    return ours and begun is not None and begun >= commitment.ends_at


@service("commitments")
@transaction.atomic
def cancel_at_end(
    *, commitment_id: int, asked_by: str, reason: str, actor: Actor, now: datetime
) -> Commitment:
    """Cancels the subscription to the end of its term; asking again changes nothing.

    What our billing run collects is set at once. What a gateway collects is set there by a job, read back
    and watched until it happened: until then it is "being set". Raises `Conflict` when the term is over.
    """
    if asked_by not in AskedBy.values:
        raise InvalidInput("asker_unknown", "Asked by: customer, staff or system.", field="asked_by")
    subscription, commitment = lock_commitment(commitment_id)
    if commitment.state in RUNNING and commitment.cancel_asked_at is not None:
        return commitment
    if refusal := why_not_cancel(commitment):
        raise Conflict("commitment_not_cancelable", refusal)
    if subscription.collected_by == CollectedBy.US:
        subscription.cancel_at_period_end = subscription.current_period_end == commitment.ends_at
        subscription.cancel_at = commitment.ends_at
        subscription.canceled_at = now
        subscription.save(update_fields=["cancel_at_period_end", "cancel_at", "canceled_at"])
        record(
            subscription, "cancellation_asked", actor=actor, now=now, reason=reason,
            ends_on=commitment.ends_on.isoformat(), commitment=commitment.reference,
        )  # fmt: skip
    _asked(commitment, asked_by, reason, actor, now)
    add_facts(commitment=commitment.reference, collected_by=subscription.collected_by)
    return commitment


def follow_cancel(
    subscription: Subscription, *, asked_by: str, reason: str, actor: Actor, now: datetime
) -> Commitment | None:
    """Notes on the commitment that its subscription (locked by the caller) was set to end with the term."""
    commitment = lock_running(subscription)
    if commitment is None or commitment.cancel_asked_at is not None:
        return commitment
    _asked(commitment, asked_by, reason, actor, now)
    return commitment


def follow_undo(subscription: Subscription, *, reason: str, actor: Actor, now: datetime) -> Commitment | None:
    """Notes that its subscription (locked by the caller) goes on after all."""
    commitment = lock_running(subscription)
    if commitment is not None and commitment.cancel_asked_at is not None:
        _withdrawn(commitment, reason, actor, now)
    return commitment


@service("commitments")
@transaction.atomic
def withdraw_cancel(*, commitment_id: int, reason: str, actor: Actor, now: datetime) -> Commitment:
    """The customer stays: the end is taken off, at the gateway too.

    Raises `Conflict` when nothing was canceled, or the term is over.
    """
    subscription, commitment = lock_commitment(commitment_id)
    if commitment.state not in RUNNING or commitment.cancel_asked_at is None:
        raise Conflict("nothing_to_undo", f"{commitment.reference} is not to end; there is nothing to undo.")
    if commitment.ends_at <= now or subscription.state in TERMINAL:
        raise Conflict("too_late_to_undo", "The term is over. Start the subscription again to go on.")
    if subscription.collected_by == CollectedBy.US:
        subscription.cancel_at_period_end = False
        subscription.cancel_at = subscription.canceled_at = None
        subscription.save(update_fields=["cancel_at_period_end", "cancel_at", "canceled_at"])
        record(subscription, "cancellation_withdrawn", actor=actor, now=now, reason=reason)
    _withdrawn(commitment, reason, actor, now)
    return commitment


@service("commitments")
@transaction.atomic
def set_again(*, commitment_id: int, reason: str, actor: Actor, now: datetime) -> Commitment:
    """Sets the end once more after it was lost. Raises `Conflict` where it holds."""
    subscription, commitment = lock_commitment(commitment_id)
    if commitment.state != "at_risk":
        raise Conflict("nothing_to_set", f"{commitment.reference} is not at risk; there is nothing to set.")
    if subscription.collected_by == CollectedBy.US:
        subscription.cancel_at = commitment.ends_at
        subscription.canceled_at = subscription.canceled_at or now
        subscription.save(update_fields=["cancel_at", "canceled_at"])
    _to_be_set(commitment, reason, actor, now, {})
    return commitment


def _asked(commitment: Commitment, asked_by: str, reason: str, actor: Actor, now: datetime) -> None:
    also = {"cancel_asked_at": now, "cancel_asked_by": asked_by, "cancel_reason": reason[:500]}
    _to_be_set(commitment, reason, actor, now, also)


def _to_be_set(
    commitment: Commitment, reason: str, actor: Actor, now: datetime, also: dict[str, Any]
) -> None:
    """Ours is set already; a gateway's gets a new key and a job."""
    if commitment.subscription.collected_by == CollectedBy.US:
        told = {
            "told_cancel_at": commitment.ends_at,
            "found": f"Our billing run ends it on {commitment.ends_at:%-d %B %Y}.",
            "watched_at": now,
            "watch_at": watch_next(commitment.ends_at, now, is_fine=True),
        }
        move(commitment, MACHINE, "confirmed", actor=actor, now=now, reason=reason, also={**also, **told})
        close_alert(kind=ALERT, key=commitment.reference, now=now)
        return
    told = {"call": commitment.call + 1, "watch_at": watch_next(commitment.ends_at, now, is_fine=False)}
    move(commitment, MACHINE, "canceling", actor=actor, now=now, reason=reason, also={**also, **told})
    SET.enqueue(commitment.pk)


def _withdrawn(commitment: Commitment, reason: str, actor: Actor, now: datetime) -> None:
    also: dict[str, Any] = {
        "cancel_asked_at": None,
        "cancel_asked_by": "",
        "cancel_reason": "",
        "told_cancel_at": None,
        "found": "",
        "watch_at": commitment.ends_at,
    }
    is_gateways = commitment.subscription.collected_by == CollectedBy.GATEWAY
    if is_gateways:
        also["call"] = commitment.call + 1
    move(commitment, MACHINE, "agreed", actor=actor, now=now, reason=reason, also=also)
    close_alert(kind=ALERT, key=commitment.reference, now=now)
    if is_gateways:
        SET.enqueue(commitment.pk)
