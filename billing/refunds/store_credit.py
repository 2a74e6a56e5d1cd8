"""Store credit above somebody's limit: the request stands on the invoice until a second person decides."""

from datetime import datetime

from billing.approvals.actions import Action, Bound, register
from billing.approvals.models import Approval
from billing.history.actors import Actor
from billing.history.services import record
from billing.invoices.crediting import lock_invoice
from billing.money import Money
from billing.refunds import carrying

__all__ = ["CREDIT"]

CREDIT = "credit_note"


def _facts(approval: Approval) -> Bound:
    invoice = lock_invoice(approval.target_id)
    # An issued invoice is frozen, and the rest of the request stands in it alone.
    return Bound(
        target=f"invoice:{invoice.pk}",
        amount=Money(approval.amount_minor, invoice.currency),
        reason=approval.reason,
        params=approval.params,
    )


def _execute(approval: Approval, *, actor: Actor, now: datetime) -> str:
    invoice = lock_invoice(approval.target_id)
    asked = approval.params
    note = carrying.give_store_credit(
        invoice,
        {int(line): amount for line, amount in asked["lines"].items()},
        reason=asked["reason"],
        memo=asked["memo"],
        subscription=asked["subscription"],
        form_key=approval.form_key,
        actor=actor,
        now=now,
    )
    return f"{note.label} of {Money(note.total_minor, note.currency)} is issued."


def _close(approval: Approval, *, state: str, actor: Actor, now: datetime, reason: str) -> None:
    record(
        lock_invoice(approval.target_id), "credit_not_given", actor=actor, now=now, reason=reason,
        approval=approval.reference, ended=state,
    )  # fmt: skip


STORE_CREDIT = register(
    Action(CREDIT, "Credit note as store credit", "approvals.decide_refunds", _execute, _close, _facts)
)
