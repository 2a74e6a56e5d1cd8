"""The document that goes along with a message about an invoice."""

from billing.errors import Missing
from billing.invoices.models import Invoice
from billing.invoices.queries import invoice_by_reference
from billing.messages.attaching import File
from billing.messages.models import Message
from reports.documents.invoice import paper_of_invoice
from reports.documents.paper_pdf import file_name, paper_as_pdf

__all__ = ["invoice_of_message"]


def invoice_of_message(message: Message) -> File:
    """The PDF of the invoice that a message is about, as it is now. Raises `Refused` where there is none."""
    about = message.subject_id if message.subject_kind == "invoice" else None
    held = Invoice.objects.filter(pk=about or 0).values_list("reference", flat=True).first()
    invoice = invoice_by_reference(held) if held else None
    if invoice is None:
        raise Missing("invoice_missing", "The invoice that this message is about is not here.")
    paper = paper_of_invoice(invoice)
    return File(f"{file_name(paper)}.pdf", paper_as_pdf(paper))
