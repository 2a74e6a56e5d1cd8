"""Sending an invoice to its customer, its document with it."""

from datetime import datetime

from billing.errors import Conflict, Missing
from billing.history.actors import Actor
from billing.ids import is_form_key
from billing.invoices.models import Invoice
from billing.logs import service
from billing.messages import services as messages
from billing.messages.models import Message
from billing.messages.words import Note, Value
from billing.money import Money

__all__ = ["KIND", "facts_of", "send_invoice"]

KIND = "invoice_issued"


def facts_of(invoice: Invoice, note: str = "") -> dict[str, Value]:
    """What the text may name: a due day only while something is to be paid."""
    return {
        "amount": Money(invoice.total_minor, invoice.currency),
        "number": invoice.label,
        "date": invoice.due_on if invoice.state == "open" else None,
        "note": Note(note),
    }


@service("invoices")
def send_invoice(*, invoice_id: int, note: str, actor: Actor, form_key: str, now: datetime) -> Message:
    """Writes to the customer that the invoice is there, with its PDF. The same form writes once.

    Raises `Missing`; `Conflict` for a draft, a void one and a gateway's.
    """
    invoice = Invoice.objects.filter(pk=invoice_id).first()
    if invoice is None or not is_form_key(form_key):
        raise Missing("invoice_missing", "This invoice is not here.")
    if invoice.gateway:
        raise Conflict(
            "invoice_of_a_gateway", f"{invoice.label} was issued at the gateway. Send it from there."
        )
    if invoice.state in ("draft", "void"):
        raise Conflict(
            "nothing_to_send", f"{invoice.label} is {invoice.state}: there is nothing to send to anybody."
        )
    return messages.write(
        kind=KIND,
        customer_id=invoice.customer_id,
        facts=facts_of(invoice, note),
        cause=f"invoice:{invoice.reference}:sent:{form_key}",
        about=invoice,
        label=invoice.label[:64],
        actor=actor,
        now=now,
    )
