"""The PDF of a credit note: of one look with the invoice's, in the customer's language, and it adds up."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client

from billing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from reports.documents.credit_note import paper_of_note
from reports.documents.paper_pdf import paper_as_pdf
from tests import make
from tests.reports.documents.reading import needs_poppler, text_of

pytestmark = [pytest.mark.django_db, needs_poppler]
START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def note(**more: object) -> CreditNote:
    """Half of a line of an invoice to Stuttgart, of which a part had been paid."""
    customer = make.customer(locale="de-DE")
    bill_to = {"name": "Brückner Feinmechanik GmbH", "city": "Stuttgart", "country": "DE"}
    invoice = make.invoice(
        customer, lines=0, state="draft", bill_to=bill_to, treatment="oss", tax_country="DE"
    )
    line = InvoiceLine.objects.create(
        invoice=invoice, position=1, description="Business, monthly", net_minor=8250, tax_minor=1568,
        tax_rate=Decimal(19), treatment="oss", period_start=START, period_end=END,
    )  # fmt: skip
    Invoice.objects.filter(pk=invoice.pk).update(
        number=f"T-2026-{invoice.pk:06}", finalised_at=START, state="open"
    )
    invoice.refresh_from_db()
    fields = {
        "reference": f"CRN-20261118-{make.serial():08}", "number": f"CN-2026-{make.serial():06}",
        "invoice": invoice, "customer": customer, "currency": "EUR", "net_minor": 4125, "tax_minor": 784,
        "total_minor": 4909, "on_paid_minor": 1000, "reason": "corrected", "memo": "Wie besprochen.",
        "issued_at": START, **more,
    }  # fmt: skip
    made = CreditNote.objects.create(**fields)
    CreditNoteLine.objects.create(
        credit_note=made, invoice_line=line, position=1, description=line.description, net_minor=4125,
        tax_rate=Decimal(19), tax_minor=784,
    )  # fmt: skip
    return made


def test_it_says_what_it_credits_in_the_customers_language() -> None:
    made = note()
    told = text_of(paper_as_pdf(paper_of_note(made)))
    for words in (
        f"Gutschrift {made.number}", "Berichtigung eines Fehlers",
        "Brückner Feinmechanik GmbH", "1.–30. Nov. 2026", "Gutgeschrieben 49,09 €",
        "39,09 € mindern den noch offenen Betrag", "10,00 € waren bezahlt", "Wie besprochen.",
        "Umsatzsteuer von Deutschland", "19 % 41,25 7,84 49,09", "Seite 1 von 1",
    ):  # fmt: skip
        assert words in told, (words, told)


def test_the_desk_reads_it_in_its_own_language(client: Client) -> None:
    client.force_login(make.member("support"))
    made = note()
    page = client.get(f"/credit-notes/{made.reference}/").content.decode()
    assert "Credits invoice" in page and "Correction of an error" in page and "Gutschrift" not in page
    answer = client.get(f"/credit-notes/{made.reference}/pdf/")
    assert answer["Content-Type"] == "application/pdf" and answer.content[:5] == b"%PDF-"


def test_a_voided_one_says_so_across_the_page() -> None:
    paper = paper_of_note(note(voided_at=START))
    assert paper.watermark == "Storniert" and paper.stamp and paper.stamp.tone == "bad"
