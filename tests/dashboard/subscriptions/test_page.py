"""A subscription's page and list: what it pays and why, its invoices, what is to come of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.models import MrrMovement, Subscription, SubscriptionItem
from dashboard.fetching import take_blocked
from dashboard.lists.narrow import narrow_first
from dashboard.lists.page import page_keys
from dashboard.lists.state import read
from dashboard.subscriptions.screen import SUBSCRIPTIONS
from tests import make, plans
from tests.big import big_table

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("support"))
    return client


def page(desk: Client, subscription: Subscription) -> str:
    answer = desk.get(f"/subscriptions/{subscription.reference}/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def movement(of: Subscription, kind: str, minor: int) -> MrrMovement:
    return MrrMovement.objects.create(
        customer=of.customer, subscription=of, day=make.NOW.date(), at=make.NOW, currency=of.currency,
        kind=kind, amount_minor=minor, cause=f"mrr:test:{make.serial()}",
    )  # fmt: skip


def test_it_says_what_it_pays_and_why(desk: Client) -> None:
    tier = make.tier(name="Business")
    old = make.price(tier, unit_amount_minor=2900, version=1, is_active=False)
    make.price(tier, unit_amount_minor=3400, version=2)
    subscription = make.subscription(at=old)
    SubscriptionItem.objects.filter(subscription=subscription).update(quantity=3, discount_minor=700)
    told = page(desk, subscription)
    for word in ("Business × 3, monthly", "80.00", "not the newest", "v2 costs 34.00 EUR since",
                 "3 × 29.00 EUR = 87.00 EUR", "−7.00 EUR", "Our billing run"):  # fmt: skip
        assert word in told, word
    newest = make.subscription()
    assert "the newest" in page(desk, newest) and "not the newest" not in page(desk, newest)


def test_a_yearly_price_is_said_by_the_month(desk: Client) -> None:
    subscription = make.subscription(at=make.price(unit_amount_minor=12_000, interval_unit="year"))
    told = page(desk, subscription)
    assert "10.00" in told and "120.00" in told and "yearly" in told


def test_a_pending_cancellation_is_said_with_its_day(desk: Client) -> None:
    ends = make.NOW + timedelta(days=9)
    subscription = make.subscription(cancel_at_period_end=True, current_period_end=ends)
    assert "It was canceled and ends on 27 Nov 2026" in page(desk, subscription)
    ended = make.subscription(state="canceled", cancel_at_period_end=True, ended_at=make.NOW)
    assert "It was canceled and ends" not in page(desk, ended)


def test_it_names_what_it_continues_and_what_continues_it(desk: Client) -> None:
    first = make.subscription(state="canceled", ended_at=make.NOW)
    second = make.subscription(first.customer, continues=first)
    assert f"It continues {first.reference}" in page(desk, second)
    assert f"It is continued by {second.reference}" in page(desk, first)


def test_movements_add_up_to_what_it_is_worth(desk: Client) -> None:
    subscription = make.subscription()
    movement(subscription, "new", 2900)
    movement(subscription, "expansion", 7000)
    told = page(desk, subscription)
    assert "Expansion" in told and "Together" in told and "99.00" in told


def test_many_items_and_invoices_cost_what_few_cost(desk: Client) -> None:
    few = make.subscription()
    make.invoice(few.customer, subscription=few)
    movement(few, "new", 9900)
    many = make.subscription()
    for _ in range(10):
        SubscriptionItem.objects.create(subscription=many, price=make.price(), quantity=1)
        make.invoice(many.customer, subscription=many)
        movement(many, "expansion", 100)
    page(desk, few)
    with CaptureQueriesContext(connection) as one:
        page(desk, few)
    with CaptureQueriesContext(connection) as more:
        page(desk, many)
    assert len(more) <= len(one)


def test_an_erased_customer_and_one_without_items(desk: Client) -> None:
    subscription = make.subscription()
    subscription.items.all().delete()
    subscription.customer.identity.delete()
    told = page(desk, subscription)
    assert "(erased)" in told and "no plan" in told


def test_who_may_see_it(client: Client) -> None:
    subscription = make.subscription()
    client.force_login(make.member(""))
    assert client.get(f"/subscriptions/{subscription.reference}/").status_code == 403
    client.force_login(make.member("auditor"))
    assert client.get(f"/subscriptions/{subscription.reference}/").status_code == 200
    assert client.get("/subscriptions/SUB-00000000/").status_code == 404


def test_the_peek_and_the_price_filter(desk: Client) -> None:
    paying = make.subscription()
    other = make.subscription()
    price = paying.items.get().price
    take_blocked()
    told = desk.get(f"/subscriptions/?view=all&price={price.pk}&peek={paying.reference}").content.decode()
    assert take_blocked() == []
    assert paying.reference in told and other.reference not in told and "What happened" in told
    for wrong in ("999999", "x"):
        assert desk.get(f"/subscriptions/?view=all&price={wrong}").status_code == 200


MANY = """
INSERT INTO billing_subscription (gateway, gateway_id, reference, customer_id, state, collected_by, currency,
    anchor_at, current_period_start, current_period_end, cancel_at_period_end, created_at,
    asked_by, collection, due_days, proration_basis)
SELECT '', '', 'SUB-' || lpad(n::text, 8, '0'), %(customer)s,
    CASE WHEN n %% 5000 = 7 THEN 'unpaid' WHEN n %% 3 = 0 THEN 'canceled' ELSE 'active' END, 'us', 'EUR',
    now(), now() - interval '1 day', CASE WHEN n %% 4 = 0 THEN NULL ELSE now() + n * interval '1 minute' END,
    false, now() - n * interval '9 minutes', '', 'charge', 14, 'second'
FROM generate_series(1, 60000) n
"""


def test_each_declared_pair_is_cheap_on_a_big_table() -> None:
    with big_table("billing_subscription", MANY, customer=make.customer().pk):
        for query in ("sort=-created", "state=unpaid&sort=-created", "sort=renews", "sort=-renews",
                      "state=unpaid&sort=renews", "renews_from=2027-01-01&sort=renews",
                      "renews_to=2026-12-01&sort=-renews"):  # fmt: skip
            cheap(query)


def cheap(query: str) -> Any:
    state = read(SUBSCRIPTIONS, QueryDict(f"view=all&{query}"), [])
    assert not state.troubles and narrow_first(state) is None, query
    with CaptureQueriesContext(connection) as captured:
        page_keys(state, None, 51, backwards=False, user=None)
    for one in captured:
        found = plans.cost_of(one["sql"].replace("%", "%%"))
        assert found.removed <= plans.ROWS_REMOVED, f"{query}: {found.removed}\n{found.plan}"
        assert found.buffers <= plans.BUFFERS, f"{query}: {found.buffers}\n{found.plan}"
