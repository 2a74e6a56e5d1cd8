"""Acting on an invoice from its page: what will happen, the act itself, its refusals, and who may."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from billing.ids import form_key
from billing.invoices.drafting import draft_invoice
from billing.invoices.issuing import write_invoices
from billing.models import CreditNote, Invoice, Payment
from tests import make
from tests.billing.invoices.orders import RUN, buyer, order

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("finance"))
    return client


def issued(**more: Any) -> Invoice:
    (invoice,) = write_invoices([order(buyer(**more))], actor=RUN, now=timezone.now())
    return invoice


def draft() -> Invoice:
    return draft_invoice(order(buyer()), actor=RUN, now=timezone.now())


def shown(desk: Client, invoice: Invoice, act: str) -> str:
    answer = desk.get(f"/invoices/{invoice.reference}/{act}/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def send(desk: Client, invoice: Invoice, act: str, **fields: Any) -> Any:
    return desk.post(f"/invoices/{invoice.reference}/{act}/", {"form_key": form_key(), **fields})


def test_voiding_tells_what_it_does_and_does_it(desk: Client) -> None:
    invoice = issued()
    told = shown(desk, invoice, "void")
    assert "Nothing is owed on it any more" in told and f"{invoice.number} stays in the series" in told
    assert send(desk, invoice, "void", reason="Billed by mistake").status_code == 302
    invoice.refresh_from_db()
    assert invoice.state == "void" and invoice.voided_at


def test_without_a_reason_nothing_is_voided(desk: Client) -> None:
    invoice = issued()
    answer = send(desk, invoice, "void", reason=" ")
    assert answer.status_code == 422 and "Reason: say why" in answer.content.decode()
    assert Invoice.objects.get(pk=invoice.pk).state == "open"


def test_a_paid_invoice_says_why_it_is_not_voided(desk: Client) -> None:
    invoice = issued()
    make.allocation(make.payment(invoice.customer, amount_minor=100), invoice)
    why = "has been paid, in whole or in part. Credit it instead."
    assert why in shown(desk, invoice, "void")
    answer = send(desk, invoice, "void", reason="Billed by mistake")
    assert answer.status_code == 422 and why in answer.content.decode()
    page = desk.get(f"/invoices/{invoice.reference}/").content.decode()
    assert "Void" in page and why in page


def test_correcting_shows_what_differs_and_links_both(desk: Client) -> None:
    invoice = issued()
    invoice.customer.identity.name = "Brückner & Söhne KG"
    invoice.customer.identity.save()
    told = shown(desk, invoice, "correct")
    assert "Brückner &amp; Söhne KG" in told.replace("brückner", "Brückner") or "becomes" in told
    assert "is credited in full" in told and "stands in its place" in told
    answer = send(desk, invoice, "correct", reason="Wrong name", collect="send", due_days=14)
    anew = Invoice.objects.get(corrects=invoice)
    assert answer.status_code == 302 and answer["Location"] == f"/invoices/{anew.reference}/"
    assert anew.bill_to["name"] == "Brückner & Söhne KG"
    assert CreditNote.objects.get(invoice=invoice).total_minor == invoice.total_minor
    old = desk.get(f"/invoices/{invoice.reference}/").content.decode()
    assert f"/invoices/{anew.reference}/" in old and anew.label in old
    new = desk.get(f"/invoices/{anew.reference}/").content.decode()
    assert f"/invoices/{invoice.reference}/" in new and "stands in the place of" in new
    again = send(desk, invoice, "correct", reason="Wrong name", collect="send", due_days=14)
    assert again.status_code == 422 and "was issued anew" in again.content.decode()


def test_what_came_past_every_gateway_needs_its_reference(desk: Client) -> None:
    invoice = issued()
    today = timezone.now().date()
    answer = send(desk, invoice, "outside", reference="", paid_on=today)
    assert answer.status_code == 422 and "as the bank statement has it" in answer.content.decode()
    late = send(desk, invoice, "outside", reference="NL91-77", paid_on=today + timedelta(days=9))
    assert late.status_code == 422 and "a day that has come" in late.content.decode()
    done = send(desk, invoice, "outside", reference="NL91-77", paid_on=today)
    assert done.status_code == 302
    invoice.refresh_from_db()
    assert invoice.state == "paid" and invoice.outside_reference == "NL91-77"
    assert Payment.objects.get(invoice=invoice).amount_minor == invoice.total_minor
    twice = send(desk, invoice, "outside", reference="NL91-77", paid_on=today)
    assert twice.status_code == 422 and "othing is open" in twice.content.decode()


def test_one_form_settles_once(desk: Client) -> None:
    invoice, key = issued(), form_key()
    for _ in range(2):
        send(desk, invoice, "outside", reference="NL91-77", paid_on=timezone.now().date(), form_key=key)
    assert Payment.objects.filter(invoice=invoice).count() == 1


def test_a_draft_is_issued(desk: Client) -> None:
    invoice = draft()
    told = shown(desk, invoice, "finalise")
    assert "is issued" in told and "frozen from then on" in told
    assert send(desk, invoice, "finalise", collect="send", due_days=30).status_code == 302
    invoice.refresh_from_db()
    assert invoice.state == "open" and invoice.number
    assert invoice.due_on == invoice.finalised_at.date() + timedelta(days=30)  # type: ignore[union-attr]
    assert "is issued and frozen" in shown(desk, invoice, "finalise")


def test_due_days_have_their_limits(desk: Client) -> None:
    invoice = draft()
    answer = send(desk, invoice, "finalise", collect="send", due_days=999)
    assert answer.status_code == 422 and "Due in days: 120 at most." in answer.content.decode()


def test_a_draft_is_thrown_away(desk: Client) -> None:
    invoice = draft()
    assert "The draft is deleted" in shown(desk, invoice, "discard")
    assert send(desk, invoice, "discard", reason="Not needed").status_code == 302
    assert not Invoice.objects.filter(pk=invoice.pk).exists()


def test_an_issued_one_is_not(desk: Client) -> None:
    invoice = issued()
    answer = send(desk, invoice, "discard", reason="Not needed")
    assert answer.status_code == 422 and Invoice.objects.filter(pk=invoice.pk).exists()


@pytest.mark.parametrize("act", ["void", "correct", "outside", "finalise", "discard"])
def test_a_gateways_invoice_is_left_to_the_gateway(desk: Client, act: str) -> None:
    invoice = make.invoice(number=None, foreign_number="F-0042", gateway="stripe", gateway_id="in_42")
    assert "was issued at the gateway" in shown(desk, invoice, act)


@pytest.mark.parametrize("act", ["void", "correct", "outside", "finalise", "discard"])
@pytest.mark.parametrize("role", ["support", "auditor"])
def test_others_may_not(client: Client, role: str, act: str) -> None:
    client.force_login(make.member(role))
    invoice = issued()
    assert client.get(f"/invoices/{invoice.reference}/{act}/").status_code == 403
    assert send(client, invoice, act, reason="x").status_code == 403
    assert Invoice.objects.get(pk=invoice.pk).state == "open"


def test_support_sees_who_may(client: Client) -> None:
    client.force_login(make.member("support"))
    page = client.get(f"/invoices/{issued().reference}/").content.decode()
    assert "Your role may not do this; Finance and Admin may." in page


def test_the_acts_of_one_that_is_not_there_are_not_there(desk: Client) -> None:
    assert desk.get("/invoices/INV-20260101-00000000/void/").status_code == 404
