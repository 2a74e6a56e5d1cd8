"""What stands at the side of the list about one payment."""

from collections.abc import Mapping
from typing import Any

from billing.money import Money
from billing.payments.models import Payment
from billing.payments.queries import gateway_name, method_words
from billing.refunds.queries import refundable_of
from dashboard.actions.related import link
from dashboard.lists.names import name_of
from dashboard.parts.entries import Fact
from dashboard.payments import page


def peek_context(payment: Payment, user: Any) -> Mapping[str, Any]:
    """Facts, the gateway's words, what happened, and the action that fits."""
    refundable = refundable_of(payment)
    invoices = [
        (allocation.invoice, link("invoices:show", allocation.invoice.reference))
        for allocation in payment.allocations.select_related("invoice").order_by("pk")[:3]
    ]
    related = [*payment.refunds.all()[:10], *payment.disputes.all()[:10]]
    pairs = [
        Fact(
            "Customer",
            name_of(payment.customer)[0],
            url=link("customers:show", payment.customer.reference, user, "customers.view"),
        ),
        Fact("Method", method_words(payment), note=f"through {gateway_name(payment.gateway)}"),
        *(Fact("Invoice", invoice.label, url=url) for invoice, url in invoices),
        Fact("Created", payment.created_at),
    ]
    if payment.state == "succeeded":
        pairs += [
            Fact("Refunded", Money(payment.refunded_minor, payment.currency)),  # type: ignore[attr-defined]
            Fact("Refundable", refundable.left),
        ]
    return {
        "payment": payment,
        "pairs": pairs,
        "words": page.words(payment),
        "entries": page.story(payment, related)[:6],
        "peek_actions": page.actions(payment, refundable, user),
    }
