"""The columns of the invoices list, and how an invoice's state is shown."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from billing.invoices.models import Invoice
from billing.invoices.queries import is_overdue, open_amount
from billing.payments.queries import gateway_name
from dashboard.lists import columns
from dashboard.parts.states import State, state_of


def address(invoice: Invoice) -> str:
    return reverse("invoices:show", args=[invoice.reference])


def state_to_show(invoice: Invoice) -> State:
    """Its state; of an open one whose due day has passed, that it is overdue."""
    overdue = is_overdue(invoice, timezone.localdate())
    return state_of("invoice", "overdue" if overdue else invoice.state)


def issued_by(invoice: Invoice) -> str:
    """Whose number it bears: "Us", "Stripe"."""
    return gateway_name(invoice.gateway) if invoice.gateway else "Us"


def still_open(invoice: Any) -> str:
    """What is owed, or nothing at all."""
    owed = open_amount(invoice)
    return columns.part("money", columns.desk.money(owed)) if owed.minor else ""


class InvoiceTable(columns.ListTable):
    number = columns.Reference("Number", accessor="label", address=address)
    state = columns.Made(
        "State", lambda invoice: columns.part("state", columns.desk.state(state_to_show(invoice))), place="m3"
    )
    customer = columns.CustomerName()
    total = columns.Amount("Total", accessor="total_minor", sort="amount", place="m2")
    owed = columns.Made("Still open", still_open, figures=True, wide=True)
    due = columns.Day("Due", accessor="due_on", sort="due", wide=True)
    created = columns.Moment("Created", accessor="created_at", sort="created")
    issued = columns.Moment("Issued", accessor="finalised_at", wide=True, shown=False)
    paid_at = columns.Moment("Paid", accessor="paid_at", wide=True, shown=False)
    net = columns.Amount("Net", accessor="net_minor", wide=True, shown=False)
    tax = columns.Amount("Tax", accessor="tax_minor", wide=True, shown=False)
    issuer = columns.Made("Issued by", issued_by, wide=True, dim=True, shown=False)
    reference = columns.ListColumn("Reference", wide=True, dim=True, shown=False)
    gateway_id = columns.ListColumn("Gateway's id", wide=True, dim=True, shown=False)
