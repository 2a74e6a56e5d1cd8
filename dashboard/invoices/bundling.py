"""The documents of many invoices for one archive: each made by a worker as a row of a run."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billing.errors import Missing
from billing.history.actors import Actor
from billing.invoices.models import Invoice
from billing.invoices.queries import invoice_by_reference
from billing.jobs.files import keep_file
from billing.jobs.kinds import row_handler
from billing.jobs.models import RunRow
from reports.documents.invoice import paper_of_invoice
from reports.documents.paper_pdf import file_name, paper_as_pdf

__all__ = ["BUNDLE", "MOST"]

BUNDLE = "invoices.documents"
#: So many in one archive: a tenth of a second and some 40 kB each.
MOST = 500


@row_handler(BUNDLE, subject="invoice")
def make_document(row: RunRow, asked: Mapping[str, Any], *, actor: Actor, now: datetime) -> str:
    """Makes one invoice's PDF and keeps it with the run. Raises `Refused` for one without a document."""
    reference = Invoice.objects.filter(pk=row.subject_id).values_list("reference", flat=True).first()
    invoice = invoice_by_reference(reference) if reference else None
    if invoice is None:
        raise Missing("invoice_missing", "This invoice is no longer here.")
    paper = paper_of_invoice(invoice)
    name = f"{file_name(paper)}.pdf"
    content = paper_as_pdf(paper)
    keep_file(row=row, name=name, content=content, now=now)
    return f"{name}, {len(content) // 1_000 + 1} kB"
