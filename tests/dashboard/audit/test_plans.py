# ruff: noqa: E501 (statements of SQL)
"""The trail of a big desk: each offered pair of filter and order costs a page's rows, however many there are."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from billing.audit.queries import actions_in_use
from dashboard.audit.screen import AUDIT
from dashboard.lists.narrow import narrow_first
from dashboard.lists.page import page_keys
from dashboard.lists.state import ListState, read
from tests import bulk, make, plans

# The mark has the test database made, also when this module runs alone.
pytestmark = pytest.mark.django_db

#: Machines did nearly everything; one member a hundredth, another two entries in a hundred thousand.
FILL = """
INSERT INTO billing_historyentry (at, subject_kind, subject_id, customer_id, kind, from_state, to_state, currency,
    actor_kind, actor_ref, actor_name, reason, request_id, facts)
SELECT timestamptz '2026-11-18 13:00Z' - n * interval '31 seconds',
    CASE WHEN n %% 50000 = 9 THEN 'creditaccount' ELSE (ARRAY['payment', 'invoice', 'refund'])[1 + n %% 3] END,
    n / 4, (%(customers)s::bigint[])[1 + n %% %(many)s],
    CASE WHEN n %% 50000 = 9 THEN 'credits.granted' ELSE 'state' END, '',
    CASE WHEN n %% 50000 = 9 THEN '' WHEN n %% 40000 = 7 THEN 'failed' ELSE 'succeeded' END, '',
    CASE WHEN n %% 100 = 9 THEN 'person' ELSE 'system' END,
    CASE WHEN n %% 50000 = 9 THEN 'staff:2' WHEN n %% 100 = 9 THEN 'staff:1' ELSE 'system:worker' END,
    'Somebody', '', CASE WHEN n %% 100 = 9 THEN 'req_' || n ELSE '' END,
    CASE WHEN n %% 50000 = 9 THEN '{"source": "goodwill"}' ELSE '{}' END::jsonb
FROM generate_series(1, 120000) n
"""

QUERIES = (
    "view=all",
    "by=person",
    "who=%(often)s",
    "who=%(seldom)s",
    "by=person&who=%(seldom)s",
    "noun=creditaccount",
    "noun=payment",
    "action=payment/state/succeeded",
    "action=invoice/state/failed",
    "action=credits/goodwill",
    "action=credits/goodwill&at_from=2026-10-01&at_to=2026-11-30",
    "at_from=2026-11-01&at_to=2026-11-05",
    "customer=%(customer)s",
    "customer=%(customer)s&action=payment/state/failed&by=person",
    "request=req_109",
    "object=payment:30",
)


@pytest.fixture(scope="module")
def big(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """The big table, once for the module, in a transaction that is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        customers = [make.customer() for _each in range(300)]
        often, seldom = make.member("support"), make.member("finance")
        keys = [customer.pk for customer in customers]
        told = FILL.replace("'staff:2'", f"'staff:{seldom.pk}'").replace("'staff:1'", f"'staff:{often.pk}'")
        with connection.cursor() as cursor:
            cursor.execute(told, {"customers": keys, "many": len(keys)})
        bulk.analyse("billing_historyentry")
        yield {
            "often": f"staff:{often.pk}",
            "seldom": f"staff:{seldom.pk}",
            "customer": customers[3].reference,
        }
        transaction.set_rollback(True)


def state_of(query: str) -> ListState:
    state = read(AUDIT, QueryDict(query), [])
    assert not state.troubles, state.troubles
    return state


@pytest.mark.parametrize("sign", ["-", ""])
@pytest.mark.parametrize("query", QUERIES)
def test_each_offered_pair_is_cheap(big: dict[str, Any], query: str, sign: str) -> None:
    state = state_of(f"{query % big}&sort={sign}at")
    assert narrow_first(state) is None
    with CaptureQueriesContext(
        connection,
    ) as captured:
        page_keys(state, None, 51, backwards=False, user=None)
    (asked,) = [each for each in captured if "historyentry" in each["sql"] and "RECURSIVE" not in each["sql"]]
    found = plans.cost_of(asked["sql"].replace("%", "%%"))
    assert found.removed <= plans.ROWS_REMOVED, f"{query}: {found.removed} thrown away\n{found.plan}"
    assert found.buffers <= plans.BUFFERS, f"{query}: {found.buffers} buffers\n{found.plan}"


def test_what_no_index_holds_is_narrowed_first(big: dict[str, Any]) -> None:
    told = narrow_first(state_of("noun=payment&by=person"))
    assert told is not None
    assert told.remedies


def test_the_actions_in_use_are_found_without_reading_the_table(big: dict[str, Any]) -> None:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        found = actions_in_use()
    assert ("creditaccount", "credits.granted", "") in found
    cost = plans.cost_of(captured[0]["sql"].replace("%", "%%"))
    assert cost.buffers <= plans.BUFFERS, cost.plan
