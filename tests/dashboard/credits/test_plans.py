"""On a big table every filter and order of the list of credit accounts is cheap."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from dashboard.credits.screen import ACCOUNTS, BY_HAND
from dashboard.lists.narrow import narrow_first
from dashboard.lists.page import page_keys
from dashboard.lists.screen import ListScreen
from dashboard.lists.state import read
from tests import bulk, make, plans
from tests.dashboard.credits.desk import granted

pytestmark = pytest.mark.django_db

# Many currencies nobody has heard of: a customer has one account of each.
MANY = """
INSERT INTO billing_creditaccount (customer_id, unit, currency, balance, created_at)
SELECT c.id, 'money', chr(65 + n / 26) || chr(65 + n %% 26) || 'Q', 0,
    timestamptz '2026-11-18 13:00Z' - (n * 400 + c.place) * interval '31 seconds'
FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM billing_customer) c,
    generate_series(0, 149) n
"""
ENTRIES = """
INSERT INTO billing_creditentry (account_id, movement, amount, balance_after, at, lot_ids, lot_amounts, key,
    digest, reason, actor_kind, actor_ref, actor_name, request_id, subject_kind, subject_id, cause, shortfall)
SELECT %(account)s, 'burn', -1, %(balance)s - n, timestamptz '2026-11-18 13:00Z' - n * interval '1 minute',
    ARRAY[%(lot)s::bigint], ARRAY[-1::bigint], 'bulk:' || n, '', '',
    CASE WHEN n %% 40 = 0 THEN 'person' ELSE 'system' END, 'staff:1', 'Jude Okafor', '', '', NULL, '', 0
FROM generate_series(1, 8000) n
"""


@pytest.fixture(scope="module")
def book(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[Any]]:
    """60,000 accounts of 400 customers, once for the module, in a transaction that is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        customers = [make.customer(f"Kestrel & Lowe {place} LLP") for place in range(400)]
        account = granted(customers[0], 1_000_000)
        lot = account.lots.get()
        with connection.cursor() as cursor:
            cursor.execute(MANY, {})
            cursor.execute(ENTRIES, {"account": account.pk, "balance": account.balance, "lot": lot.pk})
        for table in ("billing_creditaccount", "billing_creditentry", "billing_creditlot"):
            bulk.analyse(table)
        yield customers
        transaction.set_rollback(True)


def check(screen: ListScreen, query: str) -> None:
    state = read(screen, QueryDict(f"view=all&{query}"), [])
    assert not state.troubles
    assert narrow_first(state) is None
    with CaptureQueriesContext(connection) as captured:
        page_keys(state, None, 51, backwards=False, user=None)
    assert captured.captured_queries
    for each in captured:
        if "WITH RECURSIVE" in each["sql"]:
            continue
        found = plans.cost_of(each["sql"].replace("%", "%%"))
        assert found.removed <= plans.ROWS_REMOVED, f"{query}: {found.removed} thrown away\n{found.plan}"
        assert found.buffers <= plans.BUFFERS, f"{query}: {found.buffers} buffers\n{found.plan}"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "unit=tokens",
        "unit=money",
        "unit=tokens&unit=money",
        "debt=yes",
        "debt=yes&unit=tokens",
        "created_from=2026-11-01",
        "sort=created",
    ],
)
def test_the_list_of_accounts_is_cheap(book: Any, query: str) -> None:
    check(ACCOUNTS, query)


def test_one_customer_s_accounts_are_cheap(book: Any) -> None:
    check(ACCOUNTS, f"customer={book[3].reference}")


@pytest.mark.parametrize("query", ["", "movement=grant", "movement=burn", "at_from=2026-11-01", "sort=at"])
def test_what_people_did_is_found_among_what_programs_did(book: Any, query: str) -> None:
    check(BY_HAND, query)
