"""Somebody has seen it, or takes it back before it was sent."""

from datetime import datetime

from django.db import transaction

from billing.approvals.models import Approval
from billing.approvals.services import return_use, withdraw
from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import move, record
from billing.logs import add_facts, service
from billing.money import Money
from billing.refunds import locks, rules, telling
from billing.refunds.clawing import unclaw
from billing.refunds.models import Refund
from billing.refunds.postings import take_back


@service("refunds")
def mark_seen(*, refund_id: int, actor: Actor, now: datetime) -> Refund:
    """Takes a refund made at the gateway, or a failed one, out of the queue. The first to see it counts."""
    with transaction.atomic():
        refund = locks.lock_refund(refund_id)
        if refund.seen_at is None:
            refund.seen_at, refund.seen_by_ref, refund.seen_by_name = now, actor.ref, actor.name
            refund.save(update_fields=["seen_at", "seen_by_ref", "seen_by_name"])
            record(refund, "seen", actor=actor, now=now)
        add_facts(refund=refund.reference)
        return refund


@service("refunds")
def withdraw_refund(*, refund_id: int, reason: str, actor: Actor, now: datetime) -> Refund:
    """Takes back a promise that has not been sent: the amount is free again and the books are as before.

    Raises `InvalidInput` without a reason, `Conflict` once it is on its way.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", "Reason: say why it is withdrawn.", field="reason")
    waiting = Approval.objects.filter(target_kind="refund", target_id=refund_id, state="requested").first()
    if waiting is not None:
        return _withdraw_request(waiting, reason.strip(), actor, now)
    with transaction.atomic():
        refund = locks.lock_refund(refund_id)
        if refund.state != "approved":
            label = refund.get_state_display().lower()
            raise Conflict(
                "refund_on_its_way",
                f"{refund.reference} is {label} and can no longer be withdrawn. "
                "Only a refund that has not been sent to the gateway can.",
            )
        money = Money(refund.amount_minor, refund.currency)
        move(refund, rules.MACHINE, "withdrawn", actor=actor, now=now, reason=reason.strip(), money=money)
        take_back(refund, actor=actor, now=now)
        if refund.credit_note_id is None:
            unclaw(refund, actor=actor, now=now)
        return_use(subject=refund, now=now)
        telling.call_off(refund, actor=actor, now=now)
        add_facts(refund=refund.reference)
        return refund


def _withdraw_request(waiting: Approval, reason: str, actor: Actor, now: datetime) -> Refund:
    """A refund that waits for a second person goes with its request; only who asked takes that back. The
    request is locked before the refund, as whoever decides does."""
    withdraw(approval_id=waiting.pk, reason=reason, actor=actor, now=now)
    refund = Refund.objects.get(pk=waiting.target_id)
    add_facts(refund=refund.reference, approval=waiting.reference)
    return refund
