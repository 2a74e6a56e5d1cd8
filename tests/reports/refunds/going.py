"""Refunds that have gone out, and that came back, inside a test's own transaction."""

from datetime import datetime

from billing.gateways.facts import RefundFact
from billing.history.actors import gateway
from billing.models import Payment, Refund
from billing.refunds.services import record_answer
from tests.billing.refunds.desk import NOW, issue


def said(refund: Refund, state: str, at: datetime) -> Refund:
    """What the gateway says of it at this moment, heard at once."""
    fact = RefundFact(
        gateway="sandbox", gateway_id=f"sbx_ref_{refund.pk}", state=state, reference=refund.reference,
        payment_gateway_id=refund.payment.gateway_id, amount_minor=refund.amount_minor,
        currency=refund.currency, reason=refund.reason, created_at=refund.created_at, as_of=at,
    )  # fmt: skip
    return record_answer(fact=fact, actor=gateway("sandbox"), now=at, refund_id=refund.pk)


def gone(payment: Payment, minor: int, at: datetime = NOW) -> Refund:
    """A refund that the gateway has paid."""
    return said(issue(payment, minor, now=at), "succeeded", at)


def came_back(refund: Refund, at: datetime) -> Refund:
    """The bank gave it back after all."""
    return said(refund, "failed", at)
