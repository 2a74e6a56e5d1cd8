"""An invoice's page: the document, why each amount, what was paid, and who may see what is around it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.models import CreditNote, Invoice, InvoiceLine
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 13, 32, tzinfo=UTC)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("support"))
    return client


def page(desk: Client, invoice: Invoice) -> str:
    answer = desk.get(f"/invoices/{invoice.reference}/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def credit_note(of: Invoice, **more: Any) -> CreditNote:
    fields = {
        "reference": f"CRN-20261118-{make.serial():08}",
        "number": f"CN-2026-{make.serial():06}",
        "invoice": of,
        "customer": of.customer,
        "currency": of.currency,
        "net_minor": 1000,
        "tax_minor": 200,
        "total_minor": 1200,
        "reason": "service_disruption",
        "issued_at": NOW,
        **more,
    }
    return CreditNote.objects.create(**fields)


def test_the_page_looks_like_the_document(desk: Client) -> None:
    address = {"name": "Brückner Feinmechanik GmbH", "line1": "12 Harbour Street", "city": "Stuttgart",
               "postal_code": "70173", "country": "DE", "tax_id": "DE811907980"}  # fmt: skip
    invoice = make.invoice(lines=2, bill_to=address)
    told = page(desk, invoice)
    for word in ("Bill to", "12 Harbour Street", "70173 Stuttgart", "Germany", "DE811907980",
                 str(invoice.number), "Pro, monthly", "82.50", "16.50", "99.00", "Still open"):  # fmt: skip
        assert word in told, word


def test_what_is_open_is_the_total_less_payments_and_what_was_credited_unpaid(desk: Client) -> None:
    invoice = make.invoice()
    payment = make.payment(invoice.customer, amount_minor=4000)
    make.allocation(payment, invoice)
    failed = make.payment(invoice.customer, amount_minor=100, state="reversed")
    make.allocation(failed, invoice)
    credit_note(invoice)
    credit_note(invoice, voided_at=NOW)
    told = page(desk, invoice)
    assert "Paid by 1 payment" in told
    assert 'Still open</dt><dd class="strong"><span class="money">47.00<abbr>EUR' in told
    assert "Credited before it was paid" in told and "CN-2026-" in told and "voided" in told
    assert f"/payments/{payment.reference}/" in told


def test_overdue_is_said_with_how_late_it_is(desk: Client) -> None:
    late = make.invoice(due_on=timezone.localdate() - timedelta(days=3))
    assert "99.00 EUR is 3 days late" in page(desk, late) and "Overdue" in page(desk, late)
    on_time = make.invoice(due_on=timezone.localdate())
    assert "Overdue" not in page(desk, on_time)


def test_why_this_amount(desk: Client) -> None:
    price = make.price(make.tier(name="Business"), unit_amount_minor=1250, version=3)
    invoice = make.invoice()
    InvoiceLine.objects.create(
        invoice=invoice, position=9, description="Business, monthly, 4 seats", quantity=4,
        unit_amount_minor=1250, net_minor=5000, tax_rate=Decimal("19"), tax_minor=950, price=price,
        period_start=NOW, period_end=NOW + timedelta(days=30),
    )  # fmt: skip
    told = page(desk, invoice)
    for word in ("Why this amount?", "Business v3", "12.50 EUR monthly", "4 × 12.50 EUR = 50.00 EUR",
                 "19 % of 50.00 EUR = 9.50 EUR", "30 days"):  # fmt: skip
        assert word in told, word


def test_a_prorated_line_and_a_discount_say_what_they_are() -> None:
    from dashboard.invoices.why import because

    invoice = Invoice(currency="EUR", gateway="", bill_to={})
    line = InvoiceLine(
        description="x",
        quantity=Decimal(1),
        unit_amount_minor=Decimal(2900),
        net_minor=-1450,
        is_proration=True,
    )
    said = {fact.label: (fact.value, fact.note) for fact in because(line, invoice)}
    assert said["Prorated"] == ("−14.50 EUR", "taken back for the time that was left")
    line = InvoiceLine(description="x", quantity=Decimal(2), unit_amount_minor=Decimal("0.5"), net_minor=1)
    said = {fact.label: (fact.value, fact.note) for fact in because(line, invoice)}
    assert said["Quantity"] == ("2 × 0.005 EUR = 0.01 EUR", "")
    line = InvoiceLine(description="x", quantity=Decimal(1), unit_amount_minor=Decimal(1000), net_minor=800)
    said = {fact.label: (fact.value, fact.note) for fact in because(line, invoice)}
    assert said["Net"] == ("8.00 EUR", "−2.00 EUR by discount")


def test_a_foreign_invoice_is_named_as_such(desk: Client) -> None:
    invoice = make.invoice(number=None, foreign_number="F-0042", gateway="stripe", gateway_id="in_42")
    told = page(desk, invoice)
    assert "F-0042" in told and "Stripe, its own series" in told and "series that is not ours" in told


def test_a_draft_owes_nothing_and_says_so(desk: Client) -> None:
    told = page(desk, make.invoice(state="draft"))
    assert "This is a draft" in told and "Still open" not in told


def test_a_void_invoice_says_that_nothing_is_owed(desk: Client) -> None:
    told = page(desk, make.invoice(state="void", voided_at=NOW))
    assert "was voided" in told and "0.00" in told


def test_an_erased_customer_keeps_the_paper(desk: Client) -> None:
    invoice = make.invoice(bill_to={"name": "Wanda Kowalczyk"})
    invoice.customer.identity.delete()
    told = page(desk, invoice)
    assert f"{invoice.customer.reference} (erased)" in told and "Wanda Kowalczyk" in told


def test_many_lines_and_payments_cost_what_few_cost(desk: Client) -> None:
    few = make.invoice(lines=1)
    make.allocation(make.payment(few.customer, amount_minor=100), few)
    credit_note(few)
    many = make.invoice(lines=40)
    for _ in range(10):
        payment = make.payment(many.customer, amount_minor=100)
        make.allocation(payment, many)
        make.refund(payment, amount_minor=10)
        credit_note(many, net_minor=10, tax_minor=0, total_minor=10)
    page(desk, few)
    with CaptureQueriesContext(connection) as one:
        page(desk, few)
    with CaptureQueriesContext(connection) as more:
        page(desk, many)
    assert len(more) <= len(one)


def test_nobody_without_a_role_sees_an_invoice(client: Client) -> None:
    invoice = make.invoice()
    client.force_login(make.member(""))
    assert client.get(f"/invoices/{invoice.reference}/").status_code == 403
    assert client.get("/invoices/").status_code == 403
    assert Client().get("/invoices/").status_code == 302


def test_an_unknown_reference_is_not_found(desk: Client) -> None:
    assert desk.get("/invoices/INV-20260101-00000000/").status_code == 404


def test_a_day_without_due_is_never_late() -> None:
    from billing.invoices.queries import is_overdue

    assert not is_overdue(Invoice(state="open", due_on=None), date(2026, 11, 18))
