"""The columns of the credit notes list."""

from django.urls import reverse

from billing.invoices.models import CreditNote
from billing.payments.queries import gateway_name
from dashboard.actions.related import link
from dashboard.lists import columns


def address(note: CreditNote) -> str:
    return reverse("credit_notes:show", args=[note.reference])


def issued_by(note: CreditNote) -> str:
    """Whose number it bears: "Us", "Stripe"."""
    return gateway_name(note.gateway) if note.gateway else "Us"


def of_invoice(note: CreditNote) -> str:
    return columns.part(
        "ref", columns.desk.ref(note.invoice.label, link("invoices:show", note.invoice.reference))
    )


class CreditNoteTable(columns.ListTable):
    number = columns.Reference("Number", accessor="label", address=address)
    customer = columns.CustomerName()
    invoice = columns.Made("Invoice", of_invoice, wide=True)
    reason = columns.Made(
        "Reason", lambda note: note.reason.replace("_", " ").capitalize(), wide=True, dim=True
    )
    total = columns.Amount("Total", accessor="total_minor", sort="amount", place="m2")
    net = columns.Amount("Net", accessor="net_minor", wide=True, shown=False)
    tax = columns.Amount("Tax", accessor="tax_minor", wide=True, shown=False)
    issued = columns.Moment("Issued", accessor="issued_at", sort="issued")
    issuer = columns.Made("Issued by", issued_by, wide=True, dim=True, shown=False)
    reference = columns.ListColumn("Reference", wide=True, dim=True, shown=False)
