"""Writing to the customer about a refund: beside the promise, and only once it is one."""

from datetime import datetime

from billing.history.actors import Actor
from billing.messages import services as messages
from billing.messages.models import Message
from billing.messages.words import Note, Value
from billing.money import Money
from billing.refunds.models import Refund

__all__ = ["KINDS", "call_off", "cause_of", "facts_of", "kind_for", "let_go", "promise", "write_about"]

#: What a refund in this state is written about as.
KINDS = {
    "approved": "refund_promised",
    "submitting": "refund_promised",
    "pending": "refund_promised",
    "requires_action": "refund_promised",
    "succeeded": "refund_succeeded",
    "failed": "refund_failed",
}


def kind_for(refund: Refund) -> str:
    """The kind of message that fits the refund as it is; empty when none does."""
    return KINDS.get(refund.state, "")


def cause_of(refund: Refund, kind: str) -> str:
    return f"refund:{refund.reference}:{kind.removeprefix('refund_')}"


def facts_of(refund: Refund, kind: str) -> dict[str, Value]:
    """What the texts of this kind may name."""
    facts: dict[str, Value] = {
        "amount": Money(refund.amount_minor, refund.currency),
        "reference": refund.reference,
    }
    if kind != "refund_failed":
        facts["note"] = Note(refund.note_to_customer)
    if kind == "refund_succeeded":
        facts["date"] = refund.succeeded_at.date() if refund.succeeded_at else None
    return facts


def promise(refund: Refund, *, actor: Actor, now: datetime) -> Message:
    """The message that a refund is on its way, in the transaction that promises it. While a second person has
    to decide, it waits for them."""
    return _write(refund, "refund_promised", actor, now, waits=refund.state == "pending_approval")


def write_about(refund: Refund, *, actor: Actor, now: datetime) -> Message | None:
    """The message that fits the refund's state, once for each kind; None when there is none to write."""
    kind = kind_for(refund)
    return _write(refund, kind, actor, now) if kind else None


def _write(refund: Refund, kind: str, actor: Actor, now: datetime, *, waits: bool = False) -> Message:
    return messages.write(
        kind=kind,
        customer_id=refund.customer_id,
        facts=facts_of(refund, kind),
        cause=cause_of(refund, kind),
        about=refund,
        waits=waits,
        actor=actor,
        now=now,
    )


def let_go(refund: Refund, *, actor: Actor, now: datetime) -> None:
    """A second person has said yes: what waited for it is sent."""
    messages.release(cause=cause_of(refund, "refund_promised"), actor=actor, now=now)


def call_off(refund: Refund, *, actor: Actor, now: datetime) -> None:
    """The refund came to nothing before it was sent: what has not left yet stays here."""
    cause = cause_of(refund, "refund_promised")
    messages.cancel(cause=cause, why=f"The refund was {refund.state}.", actor=actor, now=now)
