"""The columns of the payments list."""

from django.urls import reverse

from billing.money import Money
from billing.payments.models import Payment
from billing.payments.queries import gateway_name, method_words
from dashboard.lists import columns


def address(payment: Payment) -> str:
    return reverse("payments:show", args=[payment.reference])


def refunded(payment: Payment) -> str:
    """What has gone back, or nothing at all."""
    minor = payment.refunded_minor  # type: ignore[attr-defined]
    return columns.part("money", columns.desk.money(Money(minor, payment.currency))) if minor else ""


class PaymentTable(columns.ListTable):
    reference = columns.Reference(address=address)
    state = columns.State("payment")
    customer = columns.CustomerName()
    method = columns.Made("Method", method_words, wide=True, dim=True)
    amount = columns.Amount(accessor="amount_minor", sort="amount", place="m2")
    refunded = columns.Made("Refunded", refunded, figures=True, wide=True)
    fee = columns.Amount("Fee", accessor="fee_minor", wide=True, shown=False)
    gateway = columns.Made("Gateway", lambda payment: gateway_name(payment.gateway), wide=True, dim=True)
    gateway_id = columns.ListColumn("Gateway's id", wide=True, dim=True, shown=False)
    customer_reference = columns.ListColumn(
        "Customer's reference", accessor="customer__reference", wide=True, shown=False
    )
    created = columns.Moment("Created", accessor="created_at", sort="created")
