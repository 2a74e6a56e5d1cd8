"""Changing at the desk what stands on a customer's next invoices."""

from typing import Any

import pytest
from django.test import Client

from billing.ids import form_key
from billing.models import Customer, Identity
from tests import make

pytestmark = pytest.mark.django_db
DETAILS = {
    "name": "Brückner Feinmechanik AG",
    "line1": "Hauptstätter Straße 9",
    "postal_code": "70173",
    "city": "Stuttgart",
    "country": "DE",
    "tax_id": "DE 811 569 869",
    "reason": "They have moved",
}


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("finance"))
    return client


def page(desk: Client, customer: Customer) -> str:
    answer = desk.get(f"/customers/{customer.reference}/billing-details/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def send(desk: Client, customer: Customer, **changed: Any) -> Any:
    data = {"form_key": form_key(), **DETAILS, **changed}
    return desk.post(f"/customers/{customer.reference}/billing-details/", data)


def test_the_dialog_says_how_the_next_invoice_is_taxed(desk: Client) -> None:
    told = page(desk, make.customer(country="DE"))
    assert "A consumer in Germany: taxed there, by the one-stop-shop." in told
    assert "Country: this customer has none" in page(desk, make.customer(country=""))


def test_the_details_are_kept(desk: Client) -> None:
    customer = make.customer(country="")
    assert send(desk, customer).status_code == 302
    identity = Identity.objects.get(customer=customer)
    assert (identity.name, identity.tax_id) == ("Brückner Feinmechanik AG", "DE811569869")
    assert Customer.objects.get(pk=customer.pk).country == "DE"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"tax_id": "DE811569868"}, "VAT number: DE811569868 is not one: its check digits do not fit"),
        ({"country": ""}, "Country: choose one"),
        ({"name": ""}, "Name: enter who is billed."),
        ({"reason": ""}, "Reason: say why"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(desk: Client, changed: dict[str, str], sentence: str) -> None:
    customer = make.customer(country="FR")
    answer = send(desk, customer, **changed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Customer.objects.get(pk=customer.pk).country == "FR"


def test_support_may_not(client: Client) -> None:
    client.force_login(make.member("support"))
    assert client.get(f"/customers/{make.customer().reference}/billing-details/").status_code == 403
