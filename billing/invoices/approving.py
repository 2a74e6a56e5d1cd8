"""Write-offs above somebody's limit: the invoice stays open until a second person has decided."""

from datetime import datetime

from billing.approvals.actions import Action, Bound, register
from billing.approvals.models import Approval
from billing.history.actors import Actor
from billing.history.services import record
from billing.invoices.drafting import lock_with_customer
from billing.invoices.giving_up import ACTION, LONGEST_REASON, write_off_allowed
from billing.invoices.writing_off import open_on
from billing.money import Money

__all__ = ["WRITE_OFF"]


def _facts(approval: Approval) -> Bound:
    """What the invoice says now: a payment in part, or a credit note, makes it another request."""
    invoice = lock_with_customer(approval.target_id)
    return Bound(
        target=f"invoice:{invoice.pk}",
        amount=Money(max(0, open_on(invoice)), invoice.currency),
        reason=approval.reason,
        params={"invoice": invoice.pk},
    )


def _execute(approval: Approval, *, actor: Actor, now: datetime) -> str:
    invoice = lock_with_customer(approval.target_id)
    reason = f"{approval.reason} (asked by {approval.asked_by_name}, {approval.reference})"
    done = write_off_allowed(
        invoice, reason=reason if len(reason) <= LONGEST_REASON else approval.reason, actor=actor, now=now
    )
    return f"{done.label} is written off."


def _close(approval: Approval, *, state: str, actor: Actor, now: datetime, reason: str) -> None:
    """Nothing waited: the invoice went on being collected."""
    invoice = lock_with_customer(approval.target_id)
    record(
        invoice, "not_written_off", actor=actor, now=now, reason=reason, approval=approval.reference,
        ended=state,
    )  # fmt: skip


WRITE_OFF = register(Action(ACTION, "Write-off", "approvals.decide_write_offs", _execute, _close, _facts))
