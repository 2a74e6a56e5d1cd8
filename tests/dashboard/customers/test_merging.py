"""Merging two customers at the desk, and taking it back."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.ids import form_key
from billing.models import Customer, CustomerLink
from tests import make

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
WHY = "Same VAT number, two sign-ups."


def desk_of(role: str) -> Client:
    client = Client()
    client.force_login(make.member(role))
    return client


def send(client: Client, customer: Customer, into: str, reason: str = WHY, route: str = "merge"):
    data = {"into": into, "reason": reason, "form_key": form_key()}
    return client.post(reverse(f"customers:{route}", args=[customer.reference]), data)


def test_merged_pages_point_at_each_other_and_the_statement_is_of_both():
    first, second = make.customer("Brückner Feinmechanik GmbH"), make.customer("Brückner Feinmechanik")
    finance = desk_of("finance")
    answer = send(finance, second, first.reference.lower())
    assert answer.status_code == 302
    link = CustomerLink.objects.get(customer=second)
    assert (link.into, link.reason) == (first, WHY)
    there = finance.get(reverse("customers:show", args=[first.reference])).content.decode()
    assert "Also this customer" in there and second.reference in there and WHY in there
    here = finance.get(reverse("customers:show", args=[second.reference])).content.decode()
    assert "This is the same customer as Brückner Feinmechanik GmbH" in here
    assert "Separate…" in here and "Merge…" not in here
    statement = finance.get(reverse("statements:show", args=[first.reference])).content.decode()
    assert f"with {second.reference}" in statement


def test_what_will_happen_names_both_and_writes_nothing():
    first, second = make.customer("Atelier Roux"), make.customer("Roux SARL")
    make.payment(first)
    address = reverse("customers:merge", args=[second.reference])
    asked = {"into": first.reference, "reason": "", "form_key": form_key()}
    told = desk_of("finance").post(address, asked, headers={**HTMX, "HX-Target": "effects"}).content.decode()
    assert f"Atelier Roux, {first.reference}, stays the page to look at" in told
    assert "Nothing moves" in told
    assert not CustomerLink.objects.exists()


def test_bad_input_gets_a_sentence_and_keeps_what_was_typed():
    first, second = make.customer(), make.customer()
    finance = desk_of("finance")
    for into, reason, sentence in (
        ("CUS-NOBODY00", WHY, "there is no customer CUS-NOBODY00"),
        (second.reference, WHY, "name another"),
        (first.reference, "", "Reason: say how you know."),
        ("", WHY, "enter the reference of the other customer"),
    ):
        answer = send(finance, second, into, reason)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert sentence in page
        assert (into in page) and (reason in page)
    assert not CustomerLink.objects.exists()


def test_separated_each_stands_alone():
    first, second = make.customer(), make.customer()
    finance = desk_of("finance")
    send(finance, second, first.reference)
    assert send(finance, second, "", "Two companies after all.", "separate").status_code == 302
    page = finance.get(reverse("customers:show", args=[first.reference])).content.decode()
    assert "Also this customer" not in page
    assert finance.get(reverse("customers:separate", args=[second.reference])).status_code == 404


def test_support_is_refused():
    first, second = make.customer(), make.customer()
    assert send(desk_of("support"), second, first.reference).status_code == 403
    assert not CustomerLink.objects.exists()


def test_many_who_are_one_cost_no_more_queries():
    first = make.customer()
    finance = desk_of("finance")
    address = reverse("customers:show", args=[first.reference])

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            finance.get(address)
        return len(seen)

    send(finance, make.customer(), first.reference)
    finance.get(address)
    few = queries()
    for _ in range(6):
        send(finance, make.customer(), first.reference)
    assert queries() == few
