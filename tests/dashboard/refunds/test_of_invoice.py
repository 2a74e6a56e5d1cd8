"""Refunding an invoice from the desk: by line, with what it will do, and the note that it leaves."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import CreditNote, Invoice, Refund
from tests import make
from tests.billing.refunds.paid import PRO, SEATS, a_paid_invoice, granted, store_credit
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db
EFFECTS = {"HX-Request": "true", "HX-Target": "effects"}


@pytest.fixture
def jude(client: Client) -> Client:
    client.force_login(member_in("support"))
    return client


def address(invoice: Invoice) -> str:
    return reverse("refunds:of_invoice", args=[invoice.reference])


def filled(client: Client, invoice: Invoice, where: str, *amounts: str, **changes: str) -> dict[str, str]:
    page = client.get(address(invoice)).content.decode()
    key = re.search(r'name="form_key" value="([^"]+)"', page)
    assert key is not None
    lines = invoice.lines.order_by("position")
    typed = {f"line_{line.pk}": amount for line, amount in zip(lines, amounts, strict=False)}
    fields = {"form_key": key[1], "where": where, "reason": "goodwill", "subscription": "keep"}
    return fields | typed | changes


def test_each_line_is_filled_in_with_what_is_left_of_it(jude: Client) -> None:
    invoice, _ = a_paid_invoice(PRO, SEATS)
    page = jude.get(address(invoice)).content.decode()
    assert 'value="62.00"' in page
    assert 'value="21.40"' in page
    assert "This invoice bills no subscription." in page


def test_it_leads_to_the_refund_and_its_note_is_a_page_and_a_pdf(jude: Client) -> None:
    invoice, payment = a_paid_invoice(PRO, SEATS)
    answer = jude.post(address(invoice), filled(jude, invoice, f"original_payment:{payment.pk}", "32.00", ""))
    refund = Refund.objects.get()
    assert answer["Location"] == reverse("refunds:show", args=[refund.reference])
    note = CreditNote.objects.get()
    assert (note.net_minor, note.tax_minor, refund.credit_note) == (2684, 516, note)
    page = jude.get(reverse("credit_notes:show", args=[note.reference])).content.decode()
    assert all(said in page for said in (note.number or "?", "€32.00", "€26.84", refund.reference))
    made = jude.get(reverse("credit_notes:pdf", args=[note.reference]))
    assert made["Content-Type"] == "application/pdf"
    assert made.content.startswith(b"%PDF")
    assert note.label in jude.get(reverse("credit_notes:index")).content.decode()
    assert note.label in jude.get(reverse("invoices:show", args=[invoice.reference])).content.decode()


def test_store_credit_makes_no_refund(jude: Client) -> None:
    invoice, _ = a_paid_invoice()
    jude.post(address(invoice), filled(jude, invoice, "store_credit", "62.00"))
    assert not Refund.objects.exists()
    assert store_credit(invoice.customer) == 6200


def test_too_much_of_a_line_is_refused_at_its_field(jude: Client) -> None:
    invoice, payment = a_paid_invoice()
    answer = jude.post(address(invoice), filled(jude, invoice, f"original_payment:{payment.pk}", "62.01"))
    assert answer.status_code == 422
    assert "Enter 62.00 EUR or less." in answer.content.decode()
    assert not CreditNote.objects.exists()


def test_outside_asks_for_the_banks_reference(jude: Client) -> None:
    invoice, payment = a_paid_invoice()
    answer = jude.post(address(invoice), filled(jude, invoice, f"outside:{payment.pk}", "10.00"))
    assert answer.status_code == 422
    assert "needs the bank" in answer.content.decode()


def test_the_side_tells_money_tax_credits_and_access(jude: Client) -> None:
    subscription = make.subscription(collected_by="us")
    invoice, payment = a_paid_invoice(customer=subscription.customer, subscription=subscription)
    granted(subscription, 1_000)
    asked = filled(jude, invoice, f"original_payment:{payment.pk}", "31.00", subscription="now")
    told = jude.post(address(invoice), asked, headers=EFFECTS).content.decode()
    assert "31.00 EUR goes back to" in told
    assert "26.00 EUR net and 5.00 EUR of tax" in told
    assert "500 tokens are taken back" in told
    assert f"{subscription} ends now" in told
    assert not CreditNote.objects.exists()


def test_above_the_limit_it_says_so_and_waits(jude: Client) -> None:
    invoice, payment = a_paid_invoice((500_000, 95_000, None))
    asked = filled(jude, invoice, f"original_payment:{payment.pk}", "5,950.00")
    told = jude.post(address(invoice), asked, headers=EFFECTS).content.decode()
    assert "This goes to a second person first" in told
    jude.post(address(invoice), asked)
    assert Refund.objects.get().state == "pending_approval"
    assert not CreditNote.objects.exists()


def test_a_gateways_subscription_can_only_go_on(jude: Client) -> None:
    subscription = make.subscription(collected_by="gateway")
    invoice, _ = a_paid_invoice(customer=subscription.customer, subscription=subscription)
    page = jude.get(address(invoice)).content.decode()
    assert "cancel it on its own page" in page
    assert "disabled" in page


def test_a_gateways_invoice_says_where_it_is_credited(jude: Client) -> None:
    invoice = make.invoice(gateway="stripe", gateway_id="in_9", state="paid")
    assert "Credit it there" in jude.get(address(invoice)).content.decode()


def test_who_may_not_refund_does_not(client: Client) -> None:
    client.force_login(member_in("auditor"))
    invoice, _ = a_paid_invoice()
    assert client.get(address(invoice)).status_code == 403
