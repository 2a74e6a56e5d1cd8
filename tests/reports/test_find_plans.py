"""A search on a big table reads a few pages of an index, whatever is looked for."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from reports.search import find
from tests import bulk, make, plans

pytestmark = pytest.mark.django_db
ROWS = 60_000


@pytest.fixture(scope="module")
def book(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The big table, once for the module, in a transaction that is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        customers = [make.customer(f"Kestrel & Lowe {place} LLP") for place in range(200)]
        bulk.payments(ROWS, [customer.pk for customer in customers])
        bulk.refunds(20_000, 2_000)
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "text",
    [
        "PAY-20260101-00000077",
        "00000077",
        "pi_bulk_77",
        "card 0077",
        "80.19",
        "80.19 EUR",
        "billing.77@customer.example",
        "kestrel 77",
        "inv 2026-00012",
    ],
)
def test_each_way_of_looking_is_cheap(book: None, text: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        find(text, lambda permission: True)
    assert captured.captured_queries
    for each in captured:
        found = plans.cost_of(each["sql"].replace("%", "%%"))
        assert found.removed <= plans.ROWS_REMOVED, f"{text}: {found.removed} thrown away\n{found.plan}"
        assert found.buffers <= plans.BUFFERS, f"{text}: {found.buffers} buffers\n{found.plan}"
