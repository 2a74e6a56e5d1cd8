"""Refunds above somebody's limit: what a second person's yes is bound to, and what becomes of the refund."""

import json
from datetime import datetime

from billing.approvals.actions import Action, Bound, register
from billing.approvals.models import Approval
from billing.approvals.services import return_use
from billing.history.actors import Actor
from billing.history.services import move
from billing.money import Money
from billing.refunds import locks, queue, rules, telling
from billing.refunds.carrying import carry_out
from billing.refunds.clawing import claw_for_plain
from billing.refunds.models import Refund
from billing.refunds.postings import post_approved

ACTION = "refund"
#: How a request that came to nothing leaves the refund that waited for it.
ENDS = {
    "rejected": "rejected",
    "withdrawn": "withdrawn",
    "expired": "expired",
    "voided": "withdrawn",
    "failed": "rejected",
}


def bound_reason(refund: Refund) -> str:
    """The reason as it stands in a request: the choice from the list, and the note for us beside it."""
    note = refund.note_internal.strip()
    return f"{refund.get_reason_display()}: {note}" if note else refund.get_reason_display()


def bound_params(refund: Refund) -> dict[str, str]:
    bound = {"refund": refund.reference, "reason": refund.reason, "payment": str(refund.payment_id)}
    if refund.invoice_id:
        bound |= {
            "invoice": str(refund.invoice_id),
            "destination": refund.destination,
            "outside_reference": refund.outside_reference,
            "plan": json.dumps(refund.plan, sort_keys=True),
        }
    return bound


def _facts(approval: Approval) -> Bound:
    refund = locks.lock_refund(approval.target_id)
    return Bound(
        target=f"refund:{refund.pk}",
        amount=Money(refund.amount_minor, refund.currency),
        reason=bound_reason(refund),
        params=bound_params(refund),
    )


def _execute(approval: Approval, *, actor: Actor, now: datetime) -> str:
    """The promise is made as if no approval had been needed: posted, and its job queued."""
    refund = locks.lock_refund(approval.target_id)
    money = Money(refund.amount_minor, refund.currency)
    reason = approval.decision_reason
    allowed = f"approved by {actor.name} ({approval.reference})"[:120]
    telling.let_go(refund, actor=actor, now=now)
    if refund.invoice_id:
        note = carry_out(refund, rule=allowed, reason=reason, actor=actor, now=now)
        return f"{refund.reference} of {money} is on its way, with {note.label}."
    move(
        refund,
        rules.MACHINE,
        "approved",
        actor=actor,
        now=now,
        money=money,
        reason=reason or allowed,
        also={"allowed_by_rule": allowed},
        approval=approval.reference,
    )
    post_approved(refund, actor=actor, now=now, at=now)
    claw_for_plain(refund, actor=actor, now=now)
    queue.enqueue_submit(refund.pk)
    return f"{refund.reference} of {money} is on its way."


def _close(approval: Approval, *, state: str, actor: Actor, now: datetime, reason: str) -> None:
    refund = locks.lock_refund(approval.target_id)
    if refund.state == "pending_approval":
        money = Money(refund.amount_minor, refund.currency)
        move(refund, rules.MACHINE, ENDS[state], actor=actor, now=now, reason=reason, money=money)
        return_use(subject=refund, now=now)
        telling.call_off(refund, actor=actor, now=now)


REFUND = register(Action(ACTION, "Refund", "approvals.decide_refunds", _execute, _close, _facts))
