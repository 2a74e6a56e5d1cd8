"""How an invoice is refunded: by line, through its payment, or by one that is chosen from the table."""

from typing import Any

from billing.invoices.models import Invoice
from billing.payments.models import PaymentAllocation
from dashboard.actions.offers import offer
from dashboard.parts.entries import Action


def refund_actions(invoice: Invoice, paid: list[PaymentAllocation], user: Any) -> list[Action]:
    """One of ours is refunded by line, with a credit note; a gateway's through its payment, and with several
    of them one is chosen from the table."""
    if not invoice.gateway:
        if invoice.state not in ("open", "paid", "uncollectible") or not invoice.total_minor:
            return []
        return offer(
            user,
            "Refund or credit…",
            "refunds:of_invoice",
            [invoice.reference],
            permission="refunds.issue",
            icon="receipt-refund",
        )
    standing = [each.payment for each in paid if each.payment.state == "succeeded"]
    if len(standing) != 1:
        return []
    return offer(
        user,
        "Refund its payment…",
        "refunds:new",
        [standing[0].reference],
        permission="refunds.issue",
        icon="receipt-refund",
    )
