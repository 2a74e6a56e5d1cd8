"""The statement as a page and as CSV, and who may have it."""

import csv
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from billing.history.actors import gateway
from billing.payments.services import settle
from tests import make

pytestmark = pytest.mark.django_db
PAID_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def page(client, role: str, **period: str):
    client.force_login(make.member(role))
    customer = make.customer("=cmd()")
    paid = make.payment(customer, amount_minor=4_200, created_at=PAID_AT)
    settle([paid], actor=gateway("stripe"), now=PAID_AT)
    address = reverse("statements:show", args=[customer.reference])
    return client.get(address, {"first": "2026-03-01", "last": "2026-03-31", **period}), paid


def test_it_tells_each_movement_with_what_stands_after_it(client) -> None:
    response, paid = page(client, "support")
    text = response.content.decode()
    assert response.status_code == 200
    assert paid.reference in text and "-42.00" in text.replace("−", "-")
    assert "The account stands in the customer's favour" in text


def test_as_csv_it_opens_in_a_spreadsheet(client) -> None:
    response, paid = page(client, "finance", format="csv")
    rows = list(csv.reader(response.content.decode().splitlines()))
    assert [row[1] for row in rows] == ["What", "Opening balance", "Payment", "Closing balance"]
    assert rows[2][:7] == ["2026-03-02", "Payment", paid.reference, "42.00", "-42.00", "-42.00", "EUR"]


def test_support_may_see_it_and_not_export_it(client) -> None:
    assert page(client, "support", format="csv")[0].status_code == 403


def test_days_the_wrong_way_round_are_said(client) -> None:
    response, _ = page(client, "support", first="2026-04-01")
    assert response.status_code == 422
    assert "a day on or after the first one" in response.content.decode()
