"""The second person's yes or no; a yes is done at once, in the same transaction, exactly once."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.approvals import rules
from billing.approvals.actions import action_named
from billing.approvals.models import Approval
from billing.approvals.requesting import close, lock
from billing.errors import Conflict, Refused
from billing.history.actors import Actor
from billing.history.services import move
from billing.logs import add_facts, service

type Check = Callable[[Approval], None]


@service("approvals")
def approve(
    *, approval_id: int, reason: str, actor: Actor, now: datetime, check: Check, seen_digest: str = ""
) -> Approval:
    """Says yes and does what was asked for, by the service that does it without approval.

    ``check`` is asked once the request is locked and raises `NotAllowed` when this person may not decide
    (any more); ``seen_digest`` is what the page showed. When what waits no longer is what was asked for, the
    request is voided and `Conflict` raised. When it can no longer be done, the request ends failed with the
    sentence, and nothing else is left of the attempt.
    """
    with transaction.atomic():
        approval = _open(approval_id, actor, check, now)
        changed = _changed(approval, seen_digest)
        if changed:
            close(approval, "voided", reason=changed, actor=actor, now=now)
        else:
            _decide(approval, "approved", reason, actor, now)
            _execute(approval, actor, now)
    if changed:
        raise Conflict(
            "approval_voided",
            f"{approval.reference} was changed after it was asked for ({changed}), so it is void. "
            "Ask again for what is wanted now.",
        )
    add_facts(approval=approval.reference, state=approval.state)
    return approval


@service("approvals")
def reject(*, approval_id: int, reason: str, actor: Actor, now: datetime, check: Check) -> Approval:
    """Says no, with a reason; what waited is let go."""
    reason = rules.check_reason(reason)
    with transaction.atomic():
        approval = _open(approval_id, actor, check, now)
        _note_decision(approval, reason, actor, now)
        close(approval, "rejected", reason=reason, actor=actor, now=now)
    add_facts(approval=approval.reference)
    return approval


def _open(approval_id: int, actor: Actor, check: Check, now: datetime) -> Approval:
    approval = lock(approval_id)
    rules.check_open(approval.reference, approval.state)
    rules.check_decider(asked_by_ref=approval.asked_by_ref, decider_ref=actor.ref)
    if approval.expires_at <= now:
        raise Conflict(
            "approval_expired", f"{approval.reference} has run out of time. Ask again for what is wanted."
        )
    check(approval)
    return approval


def _changed(approval: Approval, seen_digest: str) -> str:
    """Why the yes would be to something else than what was asked for; empty when it is the same."""
    if seen_digest and seen_digest != approval.digest:
        return "the page showed another request"
    bound = action_named(approval.action).facts(approval)
    now_bound = rules.digest(approval.action, bound.target, bound.amount, bound.reason, bound.params)
    return "" if now_bound == approval.digest else "its target, amount or reason is another by now"


def _note_decision(approval: Approval, reason: str, actor: Actor, now: datetime) -> None:
    approval.decided_by_ref, approval.decided_by_name = actor.ref, actor.name
    approval.decided_at, approval.decision_reason = now, reason
    approval.save(update_fields=["decided_by_ref", "decided_by_name", "decided_at", "decision_reason"])


def _decide(approval: Approval, state: str, reason: str, actor: Actor, now: datetime) -> None:
    reason = reason.strip()[: rules.LONGEST_REASON]
    _note_decision(approval, reason, actor, now)
    move(approval, rules.MACHINE, state, actor=actor, now=now, reason=reason)


def _execute(approval: Approval, actor: Actor, now: datetime) -> None:
    try:
        with transaction.atomic():
            result = action_named(approval.action).execute(approval, actor=actor, now=now)
    except Refused as refusal:
        sentence = refusal.sentence[:500]
        also: dict[str, Any] = {"failure": sentence}
        move(approval, rules.MACHINE, "failed", actor=actor, now=now, reason=sentence, also=also)
        action = action_named(approval.action)
        action.close(approval, state="failed", actor=actor, now=now, reason=sentence)
        return
    done: dict[str, Any] = {"executed_at": now, "result": result[:200]}
    move(approval, rules.MACHINE, "executed", actor=actor, now=now, reason=result, also=done)
