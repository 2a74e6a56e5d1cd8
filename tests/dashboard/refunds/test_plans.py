"""On a big table every filter and order of the refunds list is cheap, the queue's own above all."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from dashboard.lists.narrow import narrow_first
from dashboard.lists.page import page_keys
from dashboard.lists.state import read
from dashboard.refunds.screen import REFUNDS
from tests import bulk, make, plans

pytestmark = pytest.mark.django_db
ROWS = 80_000


@pytest.fixture(scope="module")
def book(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[Any]]:
    """The big table, once for the module, in a transaction that is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        customers = [make.customer(f"Kestrel & Lowe {place} LLP") for place in range(200)]
        bulk.payments(2_000, [customer.pk for customer in customers])
        bulk.refunds(ROWS, 2_000)
        yield customers
        transaction.set_rollback(True)


NEEDS = "needs=external&needs=failed&needs=stuck&needs=customer"


@pytest.mark.parametrize(
    "query",
    [
        "",
        NEEDS,
        "needs=external",
        f"{NEEDS}&reason=goodwill&sort=-amount",
        "state=failed",
        "state=submitting",
        "state=approved&state=submitting&state=pending&state=requires_action",
        "reason=goodwill",
        "gateway=stripe",
        "currency=USD",
        "sort=-amount",
        "state=submitting&sort=-amount",
        "state=failed&sort=amount",
    ],
)
def test_each_declared_pair_is_cheap(book: Any, query: str) -> None:
    state = read(REFUNDS, QueryDict(f"view=all&{query}"), [])
    assert not state.troubles
    assert narrow_first(state) is None
    with CaptureQueriesContext(connection) as captured:
        page_keys(state, None, 51, backwards=False, user=None)
    for each in captured:
        if "WITH RECURSIVE" in each["sql"]:
            continue
        found = plans.cost_of(each["sql"].replace("%", "%%"))
        assert found.removed <= plans.ROWS_REMOVED, f"{query}: {found.removed} thrown away\n{found.plan}"
        assert found.buffers <= plans.BUFFERS, f"{query}: {found.buffers} buffers\n{found.plan}"


def test_what_no_index_serves_is_to_be_narrowed_first(book: Any) -> None:
    state = read(REFUNDS, QueryDict("view=all&reason=goodwill&sort=-amount"), [])
    assert narrow_first(state) is not None
