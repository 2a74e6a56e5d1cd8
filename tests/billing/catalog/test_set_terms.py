"""Features, quotas and credits of a tier are set one by one, and hold at once."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.catalog import services
from billing.catalog.giving import CreditsWanted, QuotaWanted, credits_seen, features_seen, quota_seen
from billing.catalog.measuring import FeatureWords, MeterWords, seen_of_feature, seen_of_meter
from billing.catalog.queries import terms_of
from billing.catalog.rules import fingerprint
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import person
from billing.models import HistoryEntry
from tests import make

TOVE = person(3, "Tove Ahlgren")
BY = {"reason": "As sold from December", "actor": TOVE, "now": make.NOW}


@pytest.mark.django_db
def test_features_are_set_as_a_whole_and_told_as_what_came_and_went() -> None:
    tier = make.tier()
    for slug in ("sso", "api", "chat"):
        make.feature(slug=slug)
    services.set_features(tier_id=tier.pk, slugs=["api", "chat"], seen=features_seen(tier), **BY)
    services.set_features(tier_id=tier.pk, slugs=["api", "sso"], seen=features_seen(tier), **BY)
    assert terms_of([tier.pk])[tier.pk].features == {"api", "sso"}
    entry = HistoryEntry.objects.filter(kind="features_set").order_by("-id").first()
    assert entry is not None
    assert (entry.facts["added"], entry.facts["removed"]) == (["sso"], ["chat"])
    with pytest.raises(Missing):
        services.set_features(tier_id=tier.pk, slugs=["ssso"], seen=features_seen(tier), **BY)
    with pytest.raises(Conflict):
        services.set_features(tier_id=tier.pk, slugs=[], seen="as it was", **BY)


@pytest.mark.django_db
def test_a_quota_is_set_changed_and_dropped() -> None:
    tier, meter = make.tier(), make.meter(slug="api-calls")
    services.set_quota(
        tier_id=tier.pk, meter_id=meter.pk, wanted=QuotaWanted(100), seen=quota_seen(tier, meter), **BY
    )
    paid = QuotaWanted(500, "day", "credits", "tokens", 3)
    services.set_quota(tier_id=tier.pk, meter_id=meter.pk, wanted=paid, seen=quota_seen(tier, meter), **BY)
    quota = terms_of([tier.pk])[tier.pk].quotas["api-calls"]
    assert (quota.limit, quota.per, quota.past, quota.credits_each) == (500, "day", "credits", 3)
    unlimited = QuotaWanted(None, "day", "credits", "tokens", 3)
    services.set_quota(
        tier_id=tier.pk, meter_id=meter.pk, wanted=unlimited, seen=quota_seen(tier, meter), **BY
    )
    assert terms_of([tier.pk])[tier.pk].quotas["api-calls"].past == "hard"
    services.drop_quota(tier_id=tier.pk, meter_id=meter.pk, seen=quota_seen(tier, meter), **BY)
    assert terms_of([tier.pk])[tier.pk].quotas == {}
    with pytest.raises(Missing):
        services.drop_quota(tier_id=tier.pk, meter_id=meter.pk, seen=quota_seen(tier, meter), **BY)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (QuotaWanted(-1), "limit"),
        (QuotaWanted(10**16), "limit"),
        (QuotaWanted(1, past="credits"), "credit_unit"),
        (QuotaWanted(1, past="credits", credit_unit="money", credits_each=1), "credit_unit"),
        (QuotaWanted(1, past="credits", credit_unit="tokens"), "credits_each"),
        (QuotaWanted(1, past="credits", credit_unit="tokens", credits_each=0), "credits_each"),
        (QuotaWanted(1, per="week"), None),
    ],
)
def test_a_quota_that_says_nothing_names_its_field(wanted: QuotaWanted, field: str | None) -> None:
    with pytest.raises(InvalidInput) as refused:
        wanted.checked()
    assert refused.value.field == field


@pytest.mark.django_db
def test_credits_are_set_with_what_is_kept_of_them() -> None:
    tier = make.tier()
    capped = CreditsWanted(5_000, "month", "capped", 10_000)
    services.set_credits(
        tier_id=tier.pk, unit="tokens", wanted=capped, seen=credits_seen(tier, "tokens"), **BY
    )
    with pytest.raises(Conflict):
        services.set_credits(tier_id=tier.pk, unit="tokens", wanted=capped, seen="as it was", **BY)
    with pytest.raises(InvalidInput):
        replace(capped, rollover_cap=None).checked()
    with pytest.raises(InvalidInput):
        services.set_credits(
            tier_id=tier.pk, unit="money", wanted=capped, seen=credits_seen(tier, "money"), **BY
        )
    kept = terms_of([tier.pk])[tier.pk].credits[0]
    assert (kept.amount, kept.rollover, kept.rollover_cap) == (5_000, "capped", 10_000)
    services.drop_credits(tier_id=tier.pk, unit="tokens", seen=credits_seen(tier, "tokens"), **BY)
    assert terms_of([tier.pk])[tier.pk].credits == ()


@pytest.mark.django_db
def test_how_a_meter_counts_is_fixed_once_a_tier_has_a_quota_of_it() -> None:
    words = MeterWords("API calls", "call")
    meter = services.create_meter(slug="api-calls", words=words, **BY)
    counted = replace(words, aggregation="max")
    meter = services.edit_meter(meter_id=meter.pk, words=counted, seen=seen_of_meter(meter), **BY)
    make.quota(meter=meter)
    with pytest.raises(InvalidInput) as refused:
        services.edit_meter(meter_id=meter.pk, words=words, seen=seen_of_meter(meter), **BY)
    assert refused.value.field == "aggregation"
    renamed = replace(counted, name="Calls of the API")
    assert services.edit_meter(meter_id=meter.pk, words=renamed, seen=seen_of_meter(meter), **BY).name
    feature = services.create_feature(slug="sso", words=FeatureWords("SSO"), **BY)
    with pytest.raises(Conflict):
        services.create_feature(slug="sso", words=FeatureWords("SSO"), **BY)
    edited = FeatureWords("Single sign-on", "With any identity provider.")
    services.edit_feature(feature_id=feature.pk, words=edited, seen=seen_of_feature(feature), **BY)


@given(
    st.dictionaries(st.text(max_size=6), st.one_of(st.none(), st.booleans(), st.integers(), st.text())),
    st.dictionaries(st.text(max_size=6), st.one_of(st.none(), st.booleans(), st.integers(), st.text())),
)
def test_a_fingerprint_tells_any_two_standings_apart(one: dict, other: dict) -> None:
    same = sorted(map(repr, one.items())) == sorted(map(repr, other.items()))
    assert (fingerprint(1, one) == fingerprint(1, other)) is same
