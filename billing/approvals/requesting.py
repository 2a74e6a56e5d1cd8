"""Asking for a second person's yes, and the ways in which a request ends without one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction

from billing.approvals import rules
from billing.approvals.actions import action_named
from billing.approvals.models import Approval
from billing.approvals.rules import Amount, measured
from billing.errors import Conflict, Missing, NotAllowed
from billing.history.actors import Actor
from billing.history.services import move, record
from billing.ids import new_reference
from billing.logs import add_facts, note_odd, service

BATCH = 200


@service("approvals")
def ask(
    *,
    action: str,
    target: models.Model,
    label: str,
    amount: Amount,
    reason: str,
    rule: str,
    params: Mapping[str, Any],
    customer_id: int | None,
    actor: Actor,
    now: datetime,
    form_key: str | None = None,
) -> Approval:
    """Writes the request, in the caller's transaction. The same form gives the request that it made before.

    ``target`` is the row that waits or is acted upon, ``rule`` the limit's sentence, ``params`` what the
    action will need, as plain JSON.
    """
    action_named(action)
    reason = rules.check_reason(reason)
    if form_key and (made := Approval.objects.filter(form_key=form_key).first()):
        return _same(made, action, target, amount)
    kind = target._meta.model_name or ""
    try:
        with transaction.atomic():
            approval = Approval.objects.create(
                reference=new_reference("APP", now.date()),
                action=action,
                target_kind=kind,
                target_id=target.pk,
                target_label=label[:160],
                customer_id=customer_id,
                currency=amount.currency,
                amount_minor=amount.minor,
                reason=reason,
                params=dict(params),
                digest=rules.digest(action, f"{kind}:{target.pk}", amount, reason, params),
                rule=rule[:200],
                state="requested",
                form_key=form_key,
                asked_by_ref=actor.ref,
                asked_by_name=actor.name,
                asked_at=now,
                expires_at=now + rules.LASTS,
            )
    except IntegrityError as error:
        if form_key is None or "form_key" not in str(error):
            raise
        return _same(Approval.objects.get(form_key=form_key), action, target, amount)
    record(approval, "state", to_state="requested", actor=actor, now=now, reason=reason, rule=rule)
    add_facts(approval=approval.reference, action=action, amount=str(amount))
    return approval


@service("approvals")
def withdraw(*, approval_id: int, reason: str, actor: Actor, now: datetime) -> Approval:
    """The asker takes the request back. Raises `NotAllowed` for anybody else, `Conflict` once decided."""
    reason = rules.check_reason(reason)
    with transaction.atomic():
        approval = lock(approval_id)
        rules.check_open(approval.reference, approval.state)
        if approval.asked_by_ref != actor.ref:
            raise NotAllowed("not_your_request", "Only who asked can withdraw it. You can reject it.")
        close(approval, "withdrawn", reason=reason, actor=actor, now=now)
    return approval


@service("approvals")
def void(*, approval_id: int, reason: str, actor: Actor, now: datetime) -> Approval | None:
    """What was asked for has been changed, so nobody can say yes to it any more; None if it was decided."""
    with transaction.atomic():
        approval = lock(approval_id)
        if approval.state != "requested":
            return None
        close(approval, "voided", reason=reason, actor=actor, now=now)
    return approval


@service("approvals")
def expire_due(*, actor: Actor, now: datetime) -> int:
    """Ends requests that nobody decided in time; gives how many."""
    done = 0
    due = Approval.objects.filter(state="requested", expires_at__lte=now).order_by("expires_at")
    for pk in list(due.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            approval = lock(pk)
            if approval.state == "requested" and approval.expires_at <= now:
                close(approval, "expired", reason="nobody decided in time", actor=actor, now=now)
                done += 1
    add_facts(expired=done)
    return done


def close(approval: Approval, state: str, *, reason: str, actor: Actor, now: datetime) -> None:
    """Ends a locked request without a yes, and lets go of what waited for it."""
    move(approval, rules.MACHINE, state, actor=actor, now=now, reason=reason)
    action_named(approval.action).close(approval, state=state, actor=actor, now=now, reason=reason)


def lock(approval_id: int) -> Approval:
    """The request, nobody else's until the transaction ends. Raises `Missing`."""
    found = Approval.objects.select_for_update(of=("self",)).filter(pk=approval_id).first()
    if found is None:
        raise Missing("approval_unknown", "This request does not exist.")
    return found


def _same(made: Approval, action: str, target: models.Model, amount: Amount) -> Approval:
    asked = (action, target.pk, amount)
    if (made.action, made.target_id, measured(made.amount_minor, made.currency)) == asked:
        note_odd("approvals.form_sent_again", approval=made.reference)
        return made
    raise Conflict(
        "form_already_used",
        f"This form has already asked for {made.reference}. Open a new form for another request.",
    )
