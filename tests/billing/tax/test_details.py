"""Entering what stands on a customer's next invoices."""

from dataclasses import replace

import pytest

from billing.errors import InvalidInput, Missing
from billing.gateways.facts import PersonFact
from billing.history.actors import person
from billing.invoices.issuing import write_invoices
from billing.models import Customer, HistoryEntry
from billing.tax.details import change_billing_details
from tests import make
from tests.billing.invoices.orders import NOW, RUN, order

pytestmark = pytest.mark.django_db
RUTH = person(4, "Ruth Adeyemi")
NEW = PersonFact(
    name=" Brückner Feinmechanik AG", line1="Hauptstätter Straße 9", city="Stuttgart", postal_code="70173",
    tax_id=" de 811 569 869",
)  # fmt: skip


def change(customer, person=NEW, **more):
    told = {"country": "de", "reason": "They have moved", "actor": RUTH, "now": NOW}
    return change_billing_details(customer_id=customer.pk, person=person, **(told | more))


def test_a_customer_who_could_not_be_billed_can_be():
    customer = make.customer(country="")
    with pytest.raises(InvalidInput, match="Country"):
        write_invoices([order(customer)], actor=RUN, now=NOW)

    assert change(customer)
    customer = Customer.objects.get(pk=customer.pk)
    assert (customer.country, customer.identity.name) == ("DE", "Brückner Feinmechanik AG")
    assert customer.identity.tax_id == "DE811569869"
    assert customer.identity.email.endswith("@customer.example")
    (invoice,) = write_invoices([order(customer)], actor=RUN, now=NOW)
    assert (invoice.treatment, invoice.bill_to["city"]) == ("reverse_charge", "Stuttgart")
    told = {entry.kind: entry for entry in HistoryEntry.objects.filter(customer=customer)}
    assert told["changed"].facts == {"country": ["", "DE"]}
    assert "Stuttgart" not in str(told["identity"].facts)


def test_the_same_again_writes_nothing():
    customer = make.customer()
    assert change(customer)
    written = HistoryEntry.objects.count()
    assert not change(customer)
    assert HistoryEntry.objects.count() == written


@pytest.mark.parametrize(
    ("more", "field", "sentence"),
    [
        ({"person": replace(NEW, tax_id="DE811569868")}, "tax_id", "check digits"),
        ({"country": ""}, "country", "has none"),
        ({"country": "QQ"}, "country", "QQ is no country"),
        ({"person": replace(NEW, name=" ")}, "name", "Name: enter"),
        ({"reason": ""}, "reason", "Reason: say why"),
    ],
)
def test_refusals_name_their_field(more, field, sentence):
    customer = make.customer()
    with pytest.raises(InvalidInput) as refused:
        change(customer, **more)
    assert refused.value.field == field
    assert sentence in refused.value.sentence


def test_nobody_is_changed():
    nobody = make.customer()
    nobody.pk = 0
    with pytest.raises(Missing):
        change(nobody)
