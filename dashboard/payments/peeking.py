"""What stands at the side of the list about one payment."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from billing.money import Money
from billing.payments.models import Payment
from billing.payments.queries import gateway_name, method_words
from dashboard.lists.names import name_of
from dashboard.parts.entries import Fact
from dashboard.parts.navigation import address as screen_address


def peek_context(payment: Payment, user: Any) -> Mapping[str, Any]:
    """Facts, what happened, and the action that fits."""
    return {
        "payment": payment,
        "pairs": [
            Fact("Customer", name_of(payment.customer)[0], url=customer_address(payment)),
            Fact("Method", method_words(payment), note=f"through {gateway_name(payment.gateway)}"),
            Fact("Created", payment.created_at),
            Fact("Refunded", Money(payment.refunded_minor, payment.currency)),  # type: ignore[attr-defined]
        ],
    }


def customer_address(payment: Payment) -> str:
    """The customer's page, once there is one."""
    if not screen_address("customers:index"):
        return ""
    return reverse("customers:show", args=[payment.customer.reference])
