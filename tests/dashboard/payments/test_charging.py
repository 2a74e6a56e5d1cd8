"""The dialogs that charge an invoice, look a payment up, and make a payment link."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.ids import form_key
from billing.models import Payment, PaymentLink
from billing.payments.expiring import warn_of_expiry
from billing.payments.links import url_of
from tests import make
from tests.billing.payments.tills import a_card, an_invoice, charge, due

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_invoice_is_charged_from_its_dialog(client: Client):
    client.force_login(make.member("support"))
    invoice = due()
    other = a_card(invoice.customer, "0002", is_default=False)
    address = reverse("payments:charge", args=[invoice.reference])
    told = client.get(address).content.decode()
    assert "Charge 99.00 EUR" in told and "···· 4242, 12/2029" in told
    form = {"method": str(other.pk), "form_key": form_key()}
    answer = client.post(address, form, follow=True).content.decode()
    assert "99.00 EUR was declined" in answer
    assert "The bank declined without saying why." in answer

    method = invoice.customer.payment_methods.get(is_default=True)
    again = client.post(address, {"method": str(method.pk), "form_key": form_key()}, follow=True)
    assert "99.00 EUR was charged" in again.content.decode()
    assert "is paid: only an open invoice is charged" in client.get(address).content.decode()


def test_without_a_method_it_says_what_to_do(client: Client):
    client.force_login(make.member("finance"))
    invoice = an_invoice(make.customer())
    told = client.get(reverse("payments:charge", args=[invoice.reference])).content.decode()
    assert "Make a payment link instead" in told


def test_an_unknown_payment_is_looked_up_from_its_page(client: Client):
    client.force_login(make.member("support"))
    payment = charge(due("6001"))
    here = reverse("payments:show", args=[payment.reference])
    shown = client.get(here).content.decode()
    assert "Look up now" in shown and "Nobody knows yet" in shown
    assert "the outcome is unknown" in shown, "the attempt says what it means"
    address = reverse("payments:look_up", args=[payment.reference])
    assert "Nothing is charged" in client.get(address).content.decode()
    answer = client.post(address, {"form_key": form_key()}, follow=True).content.decode()
    assert "The gateway says: succeeded" in answer
    assert "Looked up at the gateway" in answer
    assert Payment.objects.get().state == "succeeded"


def test_a_link_is_made_once_for_one_form_and_shown_to_copy(client: Client):
    client.force_login(make.member("support"))
    invoice = an_invoice(make.customer())
    address = reverse("payments:link_new", args=[invoice.reference])
    assert "Whoever has the address can pay 99.00 EUR" in client.get(address).content.decode()
    form = {"days": "7", "form_key": form_key()}
    shown = client.post(address, form, follow=True).content.decode()
    client.post(address, form)
    link = PaymentLink.objects.get()
    assert url_of(link) in shown
    assert (link.expires_at - link.created_at).days == 7
    refused = client.post(address, {"days": "400", "form_key": form_key()})
    assert refused.status_code == 422


def test_an_auditor_sees_and_does_nothing(client: Client):
    client.force_login(make.member("auditor"))
    link = make.payment_link()
    assert client.get(reverse("payments:link", args=[link.reference])).status_code == 200
    for name in ("payments:link_revoke",):
        assert client.get(reverse(name, args=[link.reference])).status_code == 403
    for name in ("payments:charge", "payments:link_new"):
        assert client.get(reverse(name, args=[link.invoice.reference])).status_code == 403


def test_expiring_cards_stand_in_a_list_with_when_their_owner_was_told(client: Client):
    today = timezone.now()
    customer = make.customer("Inês Duarte", email="ines.duarte@halden.test")
    make.subscription(customer)
    a_card(customer, exp_month=today.month, exp_year=today.year)
    client.force_login(make.member("support"))
    shown = client.get(reverse("payments:expiring")).content.decode()
    assert "Inês Duarte" in shown and "not yet" in shown
    warn_of_expiry(now=today)
    assert "not yet" not in client.get(reverse("payments:expiring")).content.decode()
