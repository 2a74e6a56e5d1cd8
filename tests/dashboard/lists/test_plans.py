"""On a big table every filter and order that the screen offers is cheap, on page 1 and deep inside.

One table of 120,000 payments for all: one in twelve failed, one in fifty through the sandbox, six unknown,
six in pounds. A plan that walks the newest rows until it has found fifty unknown ones is caught by what it
threw away.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from billing.models import Payment
from dashboard.lists.counting import count
from dashboard.lists.keyset import beyond, read_cursor
from dashboard.lists.narrow import narrow_first
from dashboard.lists.page import page_keys, page_of
from dashboard.lists.state import read
from dashboard.payments.screen import PAYMENTS
from tests import bulk, make, plans

# The mark has the test database made, also when this module runs alone; each test is a savepoint in the
# book's transaction.
pytestmark = pytest.mark.django_db

ROWS = 120_000


@pytest.fixture(scope="module")
def book(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[Any]]:
    """The big table, once for the module, in a transaction that is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        assert not Payment.objects.exists(), "this is no test database"
        customers = [make.customer(f"Kestrel & Lowe {place} LLP") for place in range(400)]
        bulk.payments(ROWS, [customer.pk for customer in customers])
        yield customers
        transaction.set_rollback(True)


def state_of(query: str) -> Any:
    state = read(PAYMENTS, QueryDict(f"view=all&{query}"), [])
    assert not state.troubles
    return state


PAIRS = [
    f"{filters}&sort={sign}{sort}"
    for sort, offered in {
        "created": (
            "",
            "state=failed",
            "state=unknown",
            "state=unknown&state=canceled",
            "state=pending&state=requires_action",
            "state=unknown&state=canceled&state=failed",
            "gateway=sandbox",
            "gateway=stripe",
            "currency=EUR",
            "currency=GBP",
            "currency=GBP&currency=EUR",
            "last4=0077",
            "created_from=2026-11-01&created_to=2026-11-05",
            "state=unknown&created_to=2026-11-05",
        ),
        "amount": (
            "",
            "state=failed",
            "state=unknown",
            "state=pending&state=requires_action",
            "amount_min=4000",
            "amount_max=2.00",
            "state=unknown&amount_min=1",
        ),
    }.items()
    for filters in offered
    for sign in ("-", "")
]


@pytest.mark.parametrize("query", PAIRS)
def test_each_declared_pair_is_cheap(book: Any, query: str) -> None:
    state = state_of(query)
    assert narrow_first(state) is None
    assert_page_cheap(state, query)


def assert_page_cheap(state: Any, what: str) -> plans.Cost:
    """The statement that gives the page's keys, judged as PostgreSQL ran it."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        page_keys(state, cursor_of(state), 51, backwards=False, user=None)
    (query,) = [
        each for each in captured if "billing_payment" in each["sql"] and "WITH RECURSIVE" not in each["sql"]
    ]
    found = plans.cost_of(query["sql"].replace("%", "%%"))
    assert found.removed <= plans.ROWS_REMOVED, f"{what}: {found.removed} thrown away\n{found.plan}"
    assert found.buffers <= plans.BUFFERS, f"{what}: {found.buffers} buffers\n{found.plan}"
    return found


def cursor_of(state: Any) -> Any:
    if not state.after:
        return None
    return read_cursor(state.after, state.sort, descending=state.descending, model=Payment)


def test_one_customer_may_be_narrowed_by_anything(book: Any) -> None:
    query = f"customer={book[3].reference}&state=failed&gateway=stripe&currency=EUR&sort=-amount"
    assert narrow_first(state_of(query)) is None
    assert_page_cheap(state_of(query), query)


@pytest.mark.parametrize("sort", ["-created", "-amount"])
def test_a_deep_page_costs_what_the_first_one_costs(book: Any, sort: str) -> None:
    field = {"-created": "created_at", "-amount": "amount_minor"}[sort]
    keys = Payment.objects.order_by(f"-{field}", "-pk").values_list(field, "pk")[110_000]
    from dashboard.lists.keyset import Cursor

    state = state_of(f"sort={sort}")
    after = Cursor(tuple(keys), 110_000).write(state.sort, descending=True)
    first = assert_page_cheap(state, "first page")
    deep = assert_page_cheap(state_of(f"sort={sort}&after={after}"), "page 2,201")
    assert abs(deep.buffers - first.buffers) <= 20, (first.buffers, deep.buffers)
    # What an OFFSET would have cost, so that the bound above says something.
    offset = plans.cost(Payment.objects.order_by(f"-{field}", "-pk").values("pk")[110_000:110_050])
    assert offset.buffers > 20 * max(1, deep.buffers)


def test_the_row_comparison_is_read_from_the_index(book: Any) -> None:
    state = state_of("sort=-created")
    page = page_of(state, None)
    cursor = read_cursor(page.next, state.sort, descending=True, model=Payment)
    rows = state.sort.order(
        beyond(Payment.objects.all(), state.sort, cursor, descending=True), descending=True
    )
    found = plans.cost(rows.values("pk")[:51])
    assert "payment_newest_first" in found.plan and "Index Cond" in found.plan
    assert found.removed == 0


@pytest.mark.parametrize(
    "query",
    [
        "state=failed&gateway=stripe",
        "gateway=stripe&sort=-amount",
        "currency=EUR&state=failed&sort=-amount",
        "amount_min=10.00&sort=-created",
    ],
)
def test_what_no_index_serves_is_not_read_but_told(book: Any, query: str) -> None:
    narrow = narrow_first(state_of(query))
    assert narrow is not None and "too many payments" in narrow.sentence
    assert narrow.remedies
    for remedy in narrow.remedies:
        assert narrow_first(state_of(remedy.url.partition("?")[2].replace("view=all&", ""))) is None, remedy


def test_counts_are_exact_below_a_thousand_and_honest_above(book: Any) -> None:
    few = count(state_of("state=unknown").narrowed(Payment.objects.all()))
    assert (few.number, few.exact, few.words) == (6, True, "6")
    many = count(Payment.objects.all(), filtered=False)
    assert not many.exact and abs(many.number - ROWS) < ROWS // 50
    assert many.words == "about 120,000" and "Estimated by the database" in many.how
    failed = state_of("state=failed").narrowed(Payment.objects.all())
    with CaptureQueriesContext(connection) as captured:
        about = count(failed)
    assert not about.exact and abs(about.number - ROWS // 12) < ROWS // 60
    assert "LIMIT 1001" in captured[0]["sql"]
    assert "EXPLAIN" in captured[1]["sql"]
