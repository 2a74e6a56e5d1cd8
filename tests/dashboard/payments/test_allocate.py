"""The dialog that applies a payment: what it tells, what it refuses, and who may."""

import pytest
from django.test import Client
from django.urls import reverse

from billing.ids import form_key
from tests import make
from tests.billing.payments.test_allocate import a_payment, an_invoice, paid

pytestmark = pytest.mark.django_db


def test_it_is_told_first_and_then_done(client: Client) -> None:
    client.force_login(make.member("finance"))
    payment = a_payment(10_000)
    invoice = an_invoice(payment.customer, 6_000)
    address = reverse("payments:allocate", args=[payment.reference])
    assert "60.00 EUR at most" in client.get(address).content.decode()
    form = {f"to_{invoice.pk}": "60.00", "reason": "It was for this one.", "form_key": form_key()}
    told = client.post(address, form, headers={"HX-Request": "true", "HX-Target": "effects"}).content.decode()
    assert "0.00 EUR → 60.00 EUR" in told and "Nothing stays open." in told
    assert "40.00 EUR on the customer" in told
    assert paid(payment) == {}

    assert client.post(address, form).status_code == 302
    assert paid(payment) == {invoice.pk: 6_000}
    page = client.get(reverse("payments:show", args=[payment.reference])).content.decode()
    assert "Applied to invoices by hand" in page


def test_too_much_stands_at_its_field_and_as_it_was_typed(client: Client) -> None:
    client.force_login(make.member("finance"))
    payment = a_payment(10_000)
    invoice = an_invoice(payment.customer, 6_000)
    form = {f"to_{invoice.pk}": "60.01", "reason": "x", "form_key": form_key()}
    answer = client.post(reverse("payments:allocate", args=[payment.reference]), form)
    assert answer.status_code == 422
    assert "this payment can pay at most 60.00 EUR" in answer.content.decode()
    assert 'value="60.01"' in answer.content.decode()


def test_support_may_not(client: Client) -> None:
    client.force_login(make.member("support"))
    payment = a_payment(10_000)
    assert client.get(reverse("payments:allocate", args=[payment.reference])).status_code == 403
