"""What the desk does with refunds: promise, send, hear the answer, see, withdraw."""

from billing.refunds.answer import record_answer, record_gateway_refund
from billing.refunds.bulk import begin_bulk
from billing.refunds.issue import issue_refund
from billing.refunds.of_invoice import refund_invoice
from billing.refunds.regranting import regrant
from billing.refunds.seen import mark_seen, withdraw_refund
from billing.refunds.submit import resume_refunds, settle_stuck_refunds, submit_refund

__all__ = [
    "begin_bulk",
    "issue_refund",
    "mark_seen",
    "record_answer",
    "record_gateway_refund",
    "refund_invoice",
    "regrant",
    "resume_refunds",
    "settle_stuck_refunds",
    "submit_refund",
    "withdraw_refund",
]
