"""What tiers give, as entitlements and renewals read it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.catalog.models import PackageUnit
from billing.catalog.queries import CreditTerms, Unknown, known_feature, known_meter, terms_of
from billing.credits.models import CreditUnit
from billing.models import TierCredits, TierFeature
from tests import make

pytestmark = pytest.mark.django_db


def test_a_tier_tells_its_features_quotas_and_credits() -> None:
    tier = make.tier(trial_days=14, rank=20)
    meter = make.meter(slug="api-calls", unit="call", aggregation="sum", rounding="up")
    TierFeature.objects.create(tier=tier, feature=make.feature(slug="sso"))
    make.quota(
        tier, meter=meter, limit=10_000, per="month", past="credits", credit_unit="tokens", credits_each=3
    )
    TierCredits.objects.create(
        tier=tier, unit="tokens", amount=50_000, per="month", rollover="capped", rollover_cap=100_000
    )
    terms = terms_of([tier.pk])[tier.pk]
    assert (terms.slug, terms.rank, terms.trial_days, terms.features) == (tier.slug, 20, 14, {"sso"})
    quota = terms.quotas["api-calls"]
    assert (quota.limit, quota.per, quota.past, quota.credits_each) == (10_000, "month", "credits", 3)
    assert (quota.unit, quota.rounding) == ("call", "up")
    assert terms.credits == (CreditTerms("tokens", 50_000, "month", "capped", 100_000),)


def test_a_tier_of_a_gateway_gives_only_what_somebody_said_it_gives() -> None:
    tier = make.tier(gateway="stripe", gateway_id="prod_1", features=["3 workspaces"])
    terms = terms_of([tier.pk])[tier.pk]
    assert (terms.features, terms.quotas, terms.credits) == (frozenset(), {}, ())


def test_many_tiers_cost_as_many_queries_as_one() -> None:
    tiers = [make.tier() for _ in range(6)]
    for tier in tiers:
        make.quota(tier)
        make.quota(tier)
        TierFeature.objects.create(tier=tier, feature=make.feature())
    with CaptureQueriesContext(connection) as one:
        terms_of([tiers[0].pk])
    with CaptureQueriesContext(connection) as six:
        assert len(terms_of([each.pk for each in tiers])) == 6
    assert len(one) == len(six) == 4


def test_what_the_catalog_does_not_have_is_an_error() -> None:
    for ask in (lambda: terms_of([0]), lambda: known_feature("ssso"), lambda: known_meter("api-call")):
        with pytest.raises(Unknown):
            ask()


def test_units_that_tiers_grant_are_units_of_credits() -> None:
    assert {unit.value for unit in PackageUnit} == {unit.value for unit in CreditUnit} - {"money"}
