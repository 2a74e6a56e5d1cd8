"""Writing an invoice off from its page: what will happen, the deed, its refusals, limits, and who may."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from billing.approvals.models import Approval
from billing.ids import form_key
from billing.invoices.issuing import write_invoices
from billing.models import Invoice
from tests import make
from tests.billing.invoices.orders import RUN, buyer, order, piece

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("finance"))
    return client


def issued(amount: int = 2_900) -> Invoice:
    (invoice,) = write_invoices([order(buyer(), piece(amount))], actor=RUN, now=timezone.now())
    return invoice


def send(desk: Client, invoice: Invoice, **fields: Any) -> Any:
    told = {"form_key": form_key(), "reason": "The company is dissolved", **fields}
    return desk.post(f"/invoices/{invoice.reference}/write-off/", told)


def test_it_tells_what_it_does_and_does_it(desk: Client) -> None:
    invoice = issued()
    page = desk.get(f"/invoices/{invoice.reference}/").content.decode()
    assert f"/invoices/{invoice.reference}/write-off/" in page
    told = " ".join(desk.get(f"/invoices/{invoice.reference}/write-off/").content.decode().split())
    assert "is no claim any more" in told and "booked as recovered" in told
    assert "second person" not in told
    assert send(desk, invoice).status_code == 302
    invoice.refresh_from_db()
    assert invoice.state == "uncollectible"
    after = desk.get(f"/invoices/{invoice.reference}/").content.decode()
    assert "was written off" in after and "The company is dissolved" in after


def test_without_a_reason_nothing_is_written_off(desk: Client) -> None:
    invoice = issued()
    answer = send(desk, invoice, reason=" ")
    assert answer.status_code == 422 and "Reason: say why" in answer.content.decode()
    assert Invoice.objects.get(pk=invoice.pk).state == "open"


def test_a_paid_one_says_why_not(desk: Client) -> None:
    invoice = issued()
    make.allocation(make.payment(invoice.customer, amount_minor=3_509), invoice, amount_minor=3_509)
    Invoice.objects.filter(pk=invoice.pk).update(state="paid", paid_at=timezone.now())
    answer = send(desk, invoice)
    assert answer.status_code == 422 and "nothing is open on it" in answer.content.decode()


def test_above_the_limit_it_asks_a_second_person(desk: Client) -> None:
    invoice = issued(400_000)
    told = desk.get(f"/invoices/{invoice.reference}/write-off/").content.decode()
    assert "This goes to a second person first" in told
    answer = send(desk, invoice)
    asked = Approval.objects.get()
    assert answer.status_code == 302 and answer["Location"] == f"/approvals/{asked.reference}/"
    assert Invoice.objects.get(pk=invoice.pk).state == "open"
    page = desk.get(f"/approvals/{asked.reference}/").content.decode()
    assert "Write-off" in page and invoice.label in page


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_who_may_not_is_refused(client: Client, role: str) -> None:
    invoice = issued()
    client.force_login(make.member(role))
    assert client.get(f"/invoices/{invoice.reference}/write-off/").status_code == 403
    assert send(client, invoice).status_code == 403
    assert "write-off/" not in client.get(f"/invoices/{invoice.reference}/").content.decode()


def test_one_that_was_written_off_is_marked_as_paid(desk: Client) -> None:
    invoice = issued()
    send(desk, invoice)
    told = {"form_key": form_key(), "reference": "NL91-77", "paid_on": timezone.now().date(), "reason": ""}
    assert desk.post(f"/invoices/{invoice.reference}/outside/", told).status_code == 302
    assert Invoice.objects.get(pk=invoice.pk).state == "paid"
