"""The catalog: tiers in their order, prices with their versions, and how many pay each."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("support"))
    return client


def told(desk: Client, address: str) -> str:
    answer = desk.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_tiers_stand_from_small_to_large_and_archived_ones_are_folded(desk: Client) -> None:
    make.tier(name="Ledger Pro", rank=20)
    make.tier(name="Ledger Start", rank=10, features=["3 workspaces", {"name": "E-mail help"}])
    make.tier(name="Ledger Classic", rank=5, is_archived=True)
    make.tier(name="Ledger Partner", rank=30, is_public=False)
    page = told(desk, "/catalog/")
    assert page.index("Ledger Start") < page.index("Ledger Pro") < page.index("Ledger Partner")
    assert page.index("1 archived tier") < page.index("Ledger Classic")
    assert "3 workspaces · E-mail help" in page and "By hand only" in page


def test_each_version_says_how_many_running_subscriptions_pay_it(desk: Client) -> None:
    tier = make.tier()
    old = make.price(tier, unit_amount_minor=2900, version=1, is_active=False)
    new = make.price(tier, unit_amount_minor=3400, version=2)
    gone = make.price(tier, currency="GBP", is_active=False)
    for price in (old, new, new):
        make.subscription(at=price)
    make.subscription(at=new, state="canceled")
    page = told(desk, f"/catalog/{tier.slug}/")
    assert f"price={new.pk}&amp;state=incomplete" in page
    assert '">2</a>' in page and '">1</a>' in page
    assert "5.00" in page and "Kept by some" in page and "Current" in page and "Retired" in page
    assert f"price={gone.pk}" not in page
    rows = told(desk, f"/subscriptions/?view=all&price={new.pk}&state=active")
    assert rows.count("data-row=") == 2


def test_many_prices_and_tiers_cost_what_few_cost(desk: Client) -> None:
    tier = make.tier()
    make.subscription(at=make.price(tier))
    told(desk, "/catalog/")
    with CaptureQueriesContext(connection) as few:
        told(desk, "/catalog/")
    with CaptureQueriesContext(connection) as few_shown:
        told(desk, f"/catalog/{tier.slug}/")
    for version in range(2, 12):
        make.subscription(at=make.price(tier, version=version))
        make.subscription(at=make.price())
    with CaptureQueriesContext(connection) as many:
        told(desk, "/catalog/")
    with CaptureQueriesContext(connection) as many_shown:
        told(desk, f"/catalog/{tier.slug}/")
    assert (len(many), len(many_shown)) == (len(few), len(few_shown))


def test_a_tier_without_prices_and_an_empty_catalog(desk: Client) -> None:
    assert "Nothing is sold yet" in told(desk, "/catalog/")
    tier = make.tier(is_archived=True, gateway="stripe", gateway_id="prod_9", slug="prod_9")
    assert "nobody can subscribe to it" in told(desk, f"/catalog/{tier.slug}/")


def test_who_may_see_it(client: Client) -> None:
    tier = make.tier()
    client.force_login(make.member(""))
    assert client.get("/catalog/").status_code == 403
    assert client.get(f"/catalog/{tier.slug}/").status_code == 403
    client.force_login(make.member("auditor"))
    assert client.get("/catalog/nothing/").status_code == 404
