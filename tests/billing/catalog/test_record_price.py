"""What gateways tell of prices: an amount never changes, it is followed by another version."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from billing.catalog.services import record_price, record_tier
from billing.gateways.facts import PriceFact, TierFact
from billing.history.actors import gateway
from billing.models import Price, Tier

STRIPE = gateway("stripe")
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
PRICE = PriceFact("stripe", "price_1", "prod_1", "EUR", 4900, "month", 1, NOW, NOW)
TIER = TierFact("stripe", "prod_1", "Halden Pro", NOW, NOW)

pytestmark = pytest.mark.django_db


def test_another_price_of_the_same_kind_is_the_next_version() -> None:
    first = record_price(PRICE, actor=STRIPE, now=NOW)
    second = record_price(replace(PRICE, gateway_id="price_2", unit_amount_minor=5900), actor=STRIPE, now=NOW)
    year = record_price(replace(PRICE, gateway_id="price_3", interval_unit="year"), actor=STRIPE, now=NOW)
    assert [p.version for p in (first, second, year)] == [1, 2, 1]


def test_an_amount_that_differs_is_a_new_price_and_the_old_one_stays() -> None:
    old = record_price(PRICE, actor=STRIPE, now=NOW)
    as_of = NOW + timedelta(hours=1)
    new = record_price(replace(PRICE, unit_amount_minor=5900, as_of=as_of), actor=STRIPE, now=NOW)
    old.refresh_from_db()
    assert (old.unit_amount_minor, old.is_active, old.version) == (4900, False, 1)
    assert (new.unit_amount_minor, new.is_active, new.version) == (5900, True, 2)
    assert Price.objects.get(gateway_id="price_1") == new


def test_an_older_amount_changes_nothing() -> None:
    record_price(PRICE, actor=STRIPE, now=NOW)
    as_of = NOW - timedelta(hours=1)
    record_price(replace(PRICE, unit_amount_minor=3900, as_of=as_of), actor=STRIPE, now=NOW)
    assert Price.objects.get().unit_amount_minor == 4900


def test_a_tier_that_was_only_named_is_completed_when_it_is_told_of() -> None:
    record_price(PRICE, actor=STRIPE, now=NOW)
    assert Tier.objects.get().name == "prod_1"
    record_tier(TIER, actor=STRIPE, now=NOW)
    assert Tier.objects.get().name == "Halden Pro"
    assert (
        record_tier(replace(TIER, gateway_id="prod_2"), actor=STRIPE, now=NOW).slug
        != Tier.objects.first().slug
    )
