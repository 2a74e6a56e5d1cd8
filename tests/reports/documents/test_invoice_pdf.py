"""The PDF of an invoice: read back as text, it adds up, in every language, over many pages."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.errors import Conflict
from billing.invoices.queries import invoice_by_reference
from billing.models import CreditNote, Invoice, InvoiceLine
from reports.documents.invoice import paper_of_invoice
from reports.documents.languages import LANGUAGES
from reports.documents.paper_pdf import file_name, paper_as_pdf
from tests import make
from tests.reports.documents.reading import fonts_of, minor, needs_poppler, pages_of, run, text_of

pytestmark = [pytest.mark.django_db, needs_poppler]
START, END = datetime(2026, 11, 18, tzinfo=UTC), datetime(2026, 12, 18, tzinfo=UTC)
SELLER = {
    "name": "Halden Software SRL", "address": ["Str. Ion Câmpineanu 23", "010031 București"], "country": "RO",
    "vat_number": "RO18547290", "tax_code": "18547290", "registration_number": "J40/7512/2019",
    "iban": "RO49AAAA1B31007593840000", "bank": "Banca Transilvania", "email": "billing@halden.example",
}  # fmt: skip
BILL_TO = {
    "name": "Brückner Feinmechanik GmbH", "line1": "Hafenstraße 12", "postal_code": "70173",
    "city": "Stuttgart", "country": "DE", "tax_id": "DE811907980",
}  # fmt: skip


def issued(lines: list[dict[str, Any]] | None = None, *, state: str = "open", **more: Any) -> Any:
    """An invoice with these lines, as its page reads it."""
    wanted = lines if lines is not None else [{"net_minor": 12345, "tax_minor": 2592}]
    net, tax = (sum(line[part] for line in wanted) for part in ("net_minor", "tax_minor"))
    fields = {"bill_to": BILL_TO, "seller": SELLER, "tax_country": "DE", "treatment": "standard", **more}
    invoice = make.invoice(lines=0, state="draft", net_minor=net, tax_minor=tax, **fields)
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            **{
                "invoice": invoice, "position": place, "description": "Business, monthly", "quantity": 1,
                "unit_amount_minor": line["net_minor"], "tax_rate": Decimal(21), "treatment": "standard",
                "period_start": START, "period_end": END, **line,
            }
        )
        for place, line in enumerate(wanted, 1)
    )  # fmt: skip
    if state != "draft":
        final = {"number": f"T-2026-{invoice.pk:06}", "finalised_at": START, "state": "open"}
        Invoice.objects.filter(pk=invoice.pk).update(**final)
    if state == "paid":
        Invoice.objects.filter(pk=invoice.pk).update(state="paid", paid_at=START)
    if state == "void":
        Invoice.objects.filter(pk=invoice.pk).update(state="void", voided_at=START)
    return invoice_by_reference(invoice.reference)


def pdf_of(invoice: Any, locale: str | None = None) -> bytes:
    return paper_as_pdf(paper_of_invoice(invoice, locale=locale))


def test_the_numbers_on_the_paper_add_up() -> None:
    lines = [
        {"net_minor": 12345, "tax_minor": 2592, "quantity": 5, "unit_amount_minor": 2500,
         "why": {"discount_minor": 155}},
        {"net_minor": -2900, "tax_minor": -551, "tax_rate": Decimal(19), "description": "Pro, unused time",
         "takes_back_number": "INV-2025-000088"},
        {"net_minor": 1250, "tax_minor": 263, "unit_amount_minor": Decimal("0.5"), "quantity": 2500},
    ]  # fmt: skip
    told = text_of(pdf_of(issued(lines), "en-GB"))
    taxes = [
        [minor(each) for each in found]
        for found in re.findall(r"Standard rate \S+% (−?[\d,.]+) (−?[\d,.]+) (−?[\d,.]+)", told)
    ]
    assert taxes == [[13595, 2855, 16450], [-2900, -551, -3451]]
    assert "Net €106.95" in told and "VAT €23.04" in told and "Total €129.99" in told
    assert [sum(column) for column in zip(*taxes, strict=True)] == [10695, 2304, 12999]
    for words in (
        "Discount −€1.55",
        "Pro, unused time",
        "from invoice INV-2025-000088",
        "2,500 0.005 21% 12.50",
    ):
        assert words in told, words


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_says_everything_in_its_own_words_and_figures(language: str) -> None:
    words = LANGUAGES[language]
    invoice = issued([{"net_minor": 123456, "tax_minor": 0, "tax_rate": None, "treatment": "reverse_charge"}],
                     due_on=date(2026, 12, 2))  # fmt: skip
    told = text_of(pdf_of(invoice, language))
    for said in (words.invoice, words.bill_to, words.laws["reverse_charge"], words.summary, words.how_to_pay,
                 words.page.format(page=1, pages=1), words.amount_due):  # fmt: skip
        assert said in told, said
    assert re.search(r"1[.,\s]?234[.,]56", told)
    assert "RO49 AAAA 1B31 0075 9384 0000" in told and "18547290" in told and "J40/7512/2019" in told
    assert "{" not in told and "None" not in told


def test_each_language_fills_in_all_that_it_names() -> None:
    for words in LANGUAGES.values():
        assert words.transfer_by.format(amount="A", date="D", number="N").count("N") >= 1
        assert set(words.laws) == {"reverse_charge", "export", "oss", "exempt"}
        assert words.laws["oss"].format(country="Österreich") != words.laws["oss"]
        assert words.page.count("{page}") == words.page.count("{pages}") == 1


@pytest.mark.parametrize(
    ("locale", "said"),
    [("de-AT", "18. November 2026"), ("en-US", "November 18, 2026"), ("en", "18 November 2026"),
     ("xx", "18 November 2026"), ("", "18 November 2026"), ("pt_BR", "18 de novembro de 2026")],
)  # fmt: skip
def test_days_are_written_as_the_locale_does(locale: str, said: str) -> None:
    assert paper_of_invoice(issued(), locale=locale).issued == said


@pytest.mark.parametrize(
    ("name", "country"),
    [("株式会社山田製作所", "JP"), ("שלום ובניו", "IL"), ("شركة النور", "AE"), ("주식회사 한빛", "KR"),
     ("Παπαδόπουλος ΑΕ", "GR"), ("ООО Рассвет", "RU")],
)  # fmt: skip
def test_names_in_other_scripts_are_no_boxes(name: str, country: str) -> None:
    pdf = pdf_of(issued(bill_to={"name": name, "country": country}), "en")
    assert all(font[-5] == "yes" for font in fonts_of(pdf)), "a font is not embedded"
    told = run("pdftotext", pdf)
    missing = {char for char in name if char.strip() and char not in told}
    # A right-to-left name may come back in its presentation forms; what is drawn as a box does not come back.
    assert len(missing) <= (2 if country == "AE" else 0), missing


def test_three_hundred_lines_repeat_their_head_and_count_their_pages() -> None:
    lines = [{"net_minor": 100 + place, "tax_minor": 0, "tax_rate": None, "treatment": "export",
              "description": f"Seat {place}"} for place in range(300)]  # fmt: skip
    pages = pages_of(pdf_of(issued(lines), "en-GB"))
    assert len(pages) > 5
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        if "Seat " in page:
            assert "Description" in page and "Unit price" in page
    said = [int(found) for page in pages for found in re.findall(r"Seat (\d+)", page)]
    assert said == list(range(300))
    assert "€748.50" in pages[-1], pages[-1]


def test_the_same_invoice_gives_the_same_bytes() -> None:
    invoice = issued()
    first = pdf_of(invoice)
    assert first == pdf_of(invoice_by_reference(invoice.reference))


def test_it_is_tagged_and_says_its_title_and_language() -> None:
    pdf = pdf_of(issued(), "de-DE")
    info = run("pdfinfo", pdf)
    assert re.search(r"Tagged: +yes", info) and re.search(r"Title: +Rechnung T-2026-", info)
    assert paper_of_invoice(issued(), locale="de-DE").lang == "de-DE"


@pytest.mark.parametrize(
    ("state", "said"),
    [("paid", "Paid on 18 November 2026"), ("void", "This invoice was voided on 18 November 2026"),
     ("draft", "This is a draft. It is not an invoice")],
)  # fmt: skip
def test_it_says_what_became_of_it(state: str, said: str) -> None:
    told = text_of(pdf_of(issued(state=state), "en"))
    assert said in told and "How to pay" not in told
    paper = paper_of_invoice(issued(state=state), locale="en")
    assert paper.stamp and paper.stamp.text.lower() == state
    assert paper.watermark == ("" if state == "paid" else paper.stamp.text)


def test_one_that_is_credited_in_full_says_so() -> None:
    invoice = issued()
    CreditNote.objects.create(
        reference="CRN-20261118-00000001", number="CN-2026-000001", invoice=invoice,
        customer=invoice.customer, currency="EUR", net_minor=12345, tax_minor=2592,
        total_minor=14937, issued_at=START,
    )  # fmt: skip
    told = text_of(pdf_of(invoice_by_reference(invoice.reference), "en"))
    assert "Credited" in told and "credited in full" in told and "How to pay" not in told


def test_the_one_stop_shop_and_its_country_are_named() -> None:
    invoice = issued([{"net_minor": 1000, "tax_minor": 190, "treatment": "oss"}])
    assert "VAT of Germany, declared through the Union One-Stop Shop" in text_of(pdf_of(invoice, "en"))


def test_lines_stand_under_their_periods() -> None:
    before = {"period_start": START - timedelta(days=31), "period_end": START}
    once = {"period_start": None, "period_end": None, "description": "Onboarding"}
    amounts = {"net_minor": 1000, "tax_minor": 210}
    paper = paper_of_invoice(
        issued([amounts, {**amounts, **before}, amounts, {**amounts, **once}]), locale="en"
    )
    assert [(group.period.replace("\N{THIN SPACE}", " "), len(group.lines)) for group in paper.groups] == [
        ("18 Nov – 17 Dec 2026", 2), ("18 Oct – 17 Nov 2026", 1), ("Without a period", 1)
    ]  # fmt: skip


def test_what_a_customer_is_called_fetches_nothing_and_stays_text() -> None:
    name = "<img src='http://10.0.0.1/x.png'><script>alert(1)</script> {{ 7|add:1 }}"
    told = text_of(pdf_of(issued(bill_to={"name": name, "country": "DE"}), "en"))
    assert "<img src='http://10.0.0.1/x.png'>" in told and "{{ 7|add:1 }}" in told


def test_a_gateways_invoice_never_gets_our_document() -> None:
    invoice = make.invoice(number=None, foreign_number="F-0042", gateway="stripe", gateway_id="in_42")
    with pytest.raises(Conflict, match="F-0042 was issued at the gateway"):
        paper_of_invoice(invoice_by_reference(invoice.reference))


def test_many_lines_cost_the_queries_of_one() -> None:
    few, many = issued(), issued([{"net_minor": 10, "tax_minor": 2}] * 60)
    with CaptureQueriesContext(connection) as one:
        paper_of_invoice(few)
    with CaptureQueriesContext(connection) as lots:
        paper_of_invoice(many)
    assert len(one) == len(lots) <= 3


def test_a_file_is_named_by_its_number() -> None:
    paper = paper_of_invoice(issued())
    assert re.fullmatch(r"T-2026-\d{6}", file_name(paper))
