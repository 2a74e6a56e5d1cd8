"""How many queries a list costs does not depend on how many rows there are."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.fetching import take_blocked
from tests import bulk, make

pytestmark = pytest.mark.django_db


def queries(desk: Client, address: str) -> int:
    """What a page asks of the book; who is signed in is asked for elsewhere."""
    take_blocked()
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(address).status_code == 200
    assert take_blocked() == []
    return len([each for each in captured if "billing_" in each["sql"]])


@pytest.mark.parametrize("address", ["/payments/?view=all", "/payments/?view=all&state=failed&sort=-amount"])
def test_ten_rows_and_a_thousand_cost_the_same(desk: Client, address: str) -> None:
    owners = [make.customer(f"Fjordlys {place} AS") for place in range(10)]
    for place in range(10):
        make.payments(1, owners[place], states=("failed",))
    few = queries(desk, address)
    for owner in owners:
        make.payments(100, owner, states=("failed", "succeeded"))
    assert queries(desk, address) == few


def test_from_ten_to_ten_thousand_nothing_is_added(desk: Client) -> None:
    owners = [make.customer().pk for _ in range(50)]
    bulk.payments(10, owners)
    few = queries(desk, "/payments/?view=all")
    from billing.models import Payment

    Payment.objects.all()._raw_delete("default")
    bulk.payments(10_000, owners)
    assert queries(desk, "/payments/?view=all") == few


def test_a_row_that_fetches_more_is_caught(desk: Client) -> None:
    from billing.models import Payment
    from dashboard.payments import screen

    object.__setattr__(screen.PAYMENTS, "rows", lambda user: Payment.objects.all())
    try:
        make.payment()
        take_blocked()
        desk.raise_request_exception = False
        desk.get("/payments/?view=all")
        assert "Payment.customer" in take_blocked()
    finally:
        object.__setattr__(screen.PAYMENTS, "rows", screen.rows)


def test_a_payments_page_costs_the_same_with_much_on_it(desk: Client) -> None:
    bare = make.payment()
    full = make.payment(bare.customer)
    for _ in range(12):
        make.attempt(full)
        make.refund(full, amount_minor=100)
    invoice = make.invoice(full.customer)
    make.allocation(full, invoice)
    few: Any = queries(desk, f"/payments/{bare.reference}/")
    assert queries(desk, f"/payments/{full.reference}/") == few
