"""An invoice's PDF from its page: who gets it, what it answers, and where a gateway's is."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from billing.models import Invoice
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("support"))
    return client


@pytest.mark.parametrize("role", ["support", "finance", "admin", "auditor"])
def test_everybody_who_sees_invoices_gets_their_documents(client: Client, role: str) -> None:
    client.force_login(make.member(role))
    invoice = make.invoice()
    answer = client.get(f"/invoices/{invoice.reference}/pdf/")
    assert answer.status_code == 200 and answer.content[:5] == b"%PDF-"
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'inline; filename="{invoice.number}.pdf"'
    assert answer["Cache-Control"] == "private, no-store"


def test_nobody_else_does(client: Client) -> None:
    invoice = make.invoice()
    answer = client.get(f"/invoices/{invoice.reference}/pdf/")
    assert answer.status_code in (302, 403) and b"%PDF" not in answer.content


def test_there_is_none_of_an_invoice_that_is_not_there(desk: Client) -> None:
    assert desk.get("/invoices/INV-20260101-00000000/pdf/").status_code == 404


@override_settings(STRIPE_API_BASE="https://api.stripe.com", STRIPE_API_KEY="rk_test_nothing")
def test_a_gateways_invoice_is_shown_where_it_was_issued(desk: Client) -> None:
    invoice = make.invoice(number=None, foreign_number="F-0042", gateway="stripe", gateway_id="in_42")
    answer = desk.get(f"/invoices/{invoice.reference}/pdf/")
    told = " ".join(answer.content.decode().split())
    assert answer.status_code == 409 and "F-0042 was issued at the gateway" in told
    assert 'href="https://dashboard.stripe.com/test/invoices/in_42"' in told
    page = desk.get(f"/invoices/{invoice.reference}/").content.decode()
    assert "Open at Stripe" in page and f"/invoices/{invoice.reference}/pdf/" not in page


def test_a_gateway_without_such_a_page_is_named_all_the_same(desk: Client) -> None:
    invoice = make.invoice(number=None, foreign_number="F-0042", gateway="paypal", gateway_id="p_42")
    told = desk.get(f"/invoices/{invoice.reference}/pdf/").content.decode()
    assert "The document is at PayPal" in told and "dashboard.stripe.com" not in told


def test_a_draft_is_previewed(desk: Client) -> None:
    invoice = make.invoice(state="draft")
    page = desk.get(f"/invoices/{invoice.reference}/").content.decode()
    assert re.search(rf'href="/invoices/{invoice.reference}/pdf/"[^>]*>.*?Preview</a>', page, re.S)
    assert desk.get(f"/invoices/{invoice.reference}/pdf/").content[:5] == b"%PDF-"
    assert Invoice.objects.get(pk=invoice.pk).number is None


def test_a_long_invoice_costs_the_queries_of_a_short_one(desk: Client) -> None:
    short, long = make.invoice(), make.invoice(lines=30)
    desk.get(f"/invoices/{short.reference}/pdf/")
    with CaptureQueriesContext(connection) as one:
        desk.get(f"/invoices/{short.reference}/pdf/")
    with CaptureQueriesContext(connection) as many:
        desk.get(f"/invoices/{long.reference}/pdf/")
    assert len(one) == len(many)
