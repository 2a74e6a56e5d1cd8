"""Quota first, then credits, else a refusal that says what is missing and when it renews."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.catalog.terms import Unknown
from billing.credits.services import grant
from billing.entitlements import queries
from billing.entitlements.services import OverQuota
from billing.errors import Conflict, InvalidInput, Missing
from billing.models import (
    CreditAccount,
    Meter,
    PostingLine,
    Tier,
    TierFeature,
    UsageCounter,
    UsageEvent,
    UsageThreshold,
)
from billing.money import Money
from tests import make
from tests.billing.usage.desk import HOST, NOW, plan, subscriber, use

pytestmark = pytest.mark.django_db


def test_a_quota_is_used_up_and_then_refused_with_what_is_missing_and_when_it_renews():
    tier, meter = plan(limit=10)
    customer = subscriber(tier)
    assert use(customer, meter, 7).after == 7
    with pytest.raises(OverQuota) as refused:
        use(customer, meter, 5)
    assert (refused.value.missing, refused.value.renews_at) == (2, datetime(2026, 12, 1, tzinfo=UTC))
    assert str(refused.value) == (
        "API calls: 7 of 10 per month are used, which leaves too little. "
        "It renews on 2026-12-01 at 00:00 UTC."
    )
    assert use(customer, meter, 3).after == 10
    assert UsageEvent.objects.count() == 2


def test_past_a_soft_quota_it_is_let_through():
    tier, meter = plan(limit=10, past="soft")
    customer = subscriber(tier)
    assert use(customer, meter, 25).after == 25


def test_without_a_limit_there_is_none():
    tier, meter = plan(limit=None)
    customer = subscriber(tier)
    assert use(customer, meter, 10**9).after == 10**9


def on_credits(amount: int, **more) -> tuple:
    tier, meter = plan(limit=10, past="credits", credit_unit="tokens", credits_each=5)
    customer = subscriber(tier)
    if amount:
        grant(
            customer_id=customer.pk,
            unit="tokens",
            amount=amount,
            source="goodwill",
            actor=HOST,
            now=NOW - timedelta(days=1),
            key=f"grant:{customer.pk}",
            **more,
        )
    return customer, meter


def test_credits_pay_what_the_quota_does_not():
    customer, meter = on_credits(100)
    assert use(customer, meter, 8).paid == 0
    assert use(customer, meter, 5).paid == 15  # two from the quota, three at five tokens each
    assert CreditAccount.objects.get(customer=customer).balance == 85
    assert queries.allowance(customer.pk, meter.slug, now=NOW).paid_units == 17


def test_too_few_credits_refuse_all_of_it_and_say_how_many_are_missing():
    customer, meter = on_credits(9)
    use(customer, meter, 10)
    with pytest.raises(OverQuota) as refused:
        use(customer, meter, 2)
    assert (refused.value.code, refused.value.missing, refused.value.credit_unit) == (
        "credits_short",
        1,
        "tokens",
    )
    assert "10 tokens are needed and 9 are there" in str(refused.value)
    assert CreditAccount.objects.get(customer=customer).balance == 9
    assert UsageCounter.objects.get(customer=customer, span="day").total == 10


def test_who_never_had_credits_is_refused_too():
    customer, meter = on_credits(0)
    with pytest.raises(OverQuota, match="10 tokens are needed and 0 are there"):
        use(customer, meter, 12)


def test_sold_credits_become_revenue_as_usage_takes_them():
    tier, meter = plan(limit=0, past="credits", credit_unit="tokens", credits_each=10)
    customer = subscriber(tier)
    grant(
        customer_id=customer.pk,
        unit="tokens",
        amount=100,
        source="purchase",
        sold=Money(1000, "EUR"),
        kind="tokens-100",
        cause="INV-1",
        actor=HOST,
        now=NOW - timedelta(days=1),
        key="package",
    )
    assert use(customer, meter, 5).paid == 50
    earned = PostingLine.objects.filter(posting__fact__contains="burnt", amount_minor__gt=0)
    assert [line.amount_minor for line in earned] == [500]


def test_the_same_key_counts_once_and_other_content_is_refused():
    customer, meter = on_credits(100)
    first = use(customer, meter, 12, key="call-1")
    again = use(customer, meter, 12, key="call-1")
    assert (first.outcome, again.outcome) == ("done", "repeated")
    assert (again.event_id, again.paid) == (first.event_id, first.paid)
    with pytest.raises(Conflict, match="Key: it was used for another event"):
        use(customer, meter, 13, key="call-1")
    assert CreditAccount.objects.get(customer=customer).balance == 90
    other = subscriber(Tier.objects.get(quotas__meter=meter))
    assert use(other, meter, 3, key="call-1").outcome == "done"  # keys are a customer's own


def test_a_wrong_slug_is_an_error_and_never_a_yes():
    tier, meter = plan(limit=None)
    customer = subscriber(tier)
    for wrong in (
        meter.slug + "s",
        meter.slug.replace("-", "_"),
        "",
        "billing_usageevent",
        meter.slug.upper(),
    ):
        with pytest.raises(Unknown, match="Meter: the catalog has none called"):
            queries.allowance(customer.pk, wrong, now=NOW)
        with pytest.raises(Unknown, match="Feature: the catalog has none called"):
            queries.can_use(customer.pk, wrong, now=NOW)
    with pytest.raises(Unknown):
        use(customer, Meter(slug="api-cals"), 1)
    with pytest.raises(Missing):
        queries.allowance(0, meter.slug, now=NOW)
    with pytest.raises(Missing):
        queries.can_use(0, make.feature().slug, now=NOW)


def test_a_meter_that_the_tier_does_not_give_is_refused_and_not_unlimited():
    tier, _ = plan()
    meter = make.meter(name="Exports")
    customer = subscriber(tier)
    with pytest.raises(OverQuota, match="Pro does not include Exports"):
        use(customer, meter)
    found = queries.allowance(customer.pk, meter.slug, now=NOW)
    assert (found.given, found.left) == (False, 0)


def test_without_a_subscription_it_is_the_free_tier_or_a_plain_no():
    customer = make.customer()
    tier, meter = plan(limit=2)
    with pytest.raises(OverQuota, match="Without a subscription there is no API calls"):
        use(customer, meter)
    Tier.objects.filter(pk=tier.pk).update(is_default=True)
    assert use(customer, meter, 2).after == 2
    with pytest.raises(OverQuota):
        use(customer, meter)


@pytest.mark.parametrize(
    ("state", "more", "may"),
    [
        ("trialing", {}, True),
        ("active", {}, True),
        ("past_due", {}, True),
        ("incomplete", {}, False),
        ("unpaid", {}, False),
        ("paused", {}, False),
        ("canceled", {}, False),
        ("active", {"cancel_at": NOW - timedelta(seconds=1)}, False),
        ("active", {"cancel_at": NOW + timedelta(days=1)}, True),
        ("active", {"cancel_at_period_end": True}, True),
        ("active", {"cancel_at_period_end": True, "current_period_end": NOW - timedelta(hours=1)}, False),
    ],
)
def test_which_subscriptions_give_access(state: str, more: dict, may: bool):
    tier, meter = plan()
    customer = subscriber(tier, state=state, **more)
    feature = make.feature()
    TierFeature.objects.create(tier=tier, feature=feature)
    assert bool(queries.can_use(customer.pk, feature.slug, now=NOW)) is may
    assert queries.allowance(customer.pk, meter.slug, now=NOW).given is may


def test_of_two_subscriptions_each_feature_counts_and_the_higher_rank_gives_the_quota():
    low, meter = plan(limit=5)
    high = make.tier(rank=9)
    make.quota(high, meter=meter, limit=50)
    feature = make.feature()
    TierFeature.objects.create(tier=low, feature=feature)
    customer = subscriber(low)
    make.subscription(customer, make.price(high))
    assert queries.can_use(customer.pk, feature.slug, now=NOW)
    assert queries.allowance(customer.pk, meter.slug, now=NOW).limit == 50


def test_late_usage_counts_where_it_happened_and_the_future_is_refused():
    tier, meter = plan(limit=10, per="day")
    customer = subscriber(tier)
    use(customer, meter, 10)
    yesterday = use(customer, meter, 4, at=NOW - timedelta(days=1))
    assert yesterday.after == 4
    with pytest.raises(InvalidInput, match="is still to come"):
        use(customer, meter, 1, at=NOW + timedelta(minutes=6))
    with pytest.raises(InvalidInput, match="no longer taken"):
        use(customer, meter, 1, at=NOW - timedelta(days=401))
    with pytest.raises(OverQuota):  # a clock a little ahead is no future, and the day is used up
        use(customer, meter, 1, at=NOW + timedelta(minutes=4))


def test_a_quota_per_period_follows_the_subscription_even_when_its_renewal_is_late():
    tier, meter = plan(limit=10, per="period")
    customer = subscriber(tier)
    use(customer, meter, 10)
    start = NOW - timedelta(days=8)
    assert UsageCounter.objects.get(customer=customer, span="period").starts_at == start
    assert queries.allowance(customer.pk, meter.slug, now=NOW).renews_at == NOW + timedelta(days=22)
    later = NOW + timedelta(days=23)
    assert use(customer, meter, 9, at=later, now=later).after == 9
    before = use(customer, meter, 6, at=start - timedelta(days=1))
    assert before.after == 6


@pytest.mark.parametrize(
    "quantity", [0, -1, Decimal("NaN"), Decimal("Infinity"), Decimal("0.0000001"), 10**16, True]
)
def test_quantities_that_cannot_be(quantity):
    tier, meter = plan()
    customer = subscriber(tier)
    with pytest.raises(InvalidInput, match="Quantity: "):
        use(customer, meter, quantity)


@pytest.mark.parametrize("aggregation", ["sum", "count", "max", "last"])
def test_usage_is_not_taken_back(aggregation):
    tier, meter = plan(aggregation=aggregation)
    customer = subscriber(tier)
    use(customer, meter, 5)
    with pytest.raises(InvalidInput) as refused:
        use(customer, meter, -1)
    assert refused.value.code == "usage_is_not_taken_back"
    assert use(customer, meter, 1).before > 0, "what was told stays"


def test_different_values_are_counted_and_not_kept():
    tier, meter = plan(limit=2, aggregation="unique")
    customer = subscriber(tier)
    use(customer, meter, 1, value="jonas.weber@customer.example")
    assert use(customer, meter, 1, value="jonas.weber@customer.example").after == 1
    assert use(customer, meter, 1, value="ana").after == 2
    with pytest.raises(OverQuota):
        use(customer, meter, 1, value="li")
    assert use(customer, meter, 1, value="ana").after == 2
    with pytest.raises(InvalidInput, match="counts different values"):
        use(customer, meter, 1)
    row = UsageEvent.objects.order_by("pk").first()
    assert "jonas" not in str(vars(row))


def test_a_gauge_may_fall_and_what_credits_paid_is_not_paid_again():
    tier, meter = plan(limit=10, past="credits", credit_unit="tokens", credits_each=1, aggregation="last")
    customer = subscriber(tier)
    grant(
        customer_id=customer.pk,
        unit="tokens",
        amount=50,
        source="goodwill",
        actor=HOST,
        now=NOW - timedelta(days=1),
        key="gauge",
    )
    paid = [
        use(customer, meter, n, at=NOW - timedelta(minutes=9 - at)).paid
        for at, n in enumerate((12, 3, 12, 15))
    ]
    assert paid == [2, 0, 0, 3]


def test_shares_of_a_quota_are_noted_once_for_each_stretch():
    tier, meter = plan(limit=10, per="day")
    customer = subscriber(tier)
    for _ in range(10):
        use(customer, meter)
    found = UsageThreshold.objects.filter(customer=customer).order_by("percent")
    assert [(each.percent, each.limit) for each in found] == [(80, 10), (100, 10)]
    use(customer, meter, 9, at=NOW - timedelta(days=1))
    assert UsageThreshold.objects.filter(customer=customer).count() == 3


def test_asking_costs_one_query_and_recording_two():
    tier, meter = plan(limit=100)
    customer = subscriber(tier)
    feature = make.feature()
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            queries.can_use(customer.pk, feature.slug, now=NOW)
        with CaptureQueriesContext(connection) as recorded:
            use(customer, meter)
        assert (len(asked), len(recorded)) == (1, 2)


def test_an_upgrade_in_the_middle_of_the_month_gives_more_at_once():
    tier, meter = plan(limit=10)
    customer = subscriber(tier)
    use(customer, meter, 10)
    bigger = make.tier(rank=5)
    make.quota(bigger, meter=meter, limit=30)
    item = customer.subscriptions.get().items.get()
    item.price = make.price(bigger)
    item.save(update_fields=["price"])
    assert use(customer, meter, 20).after == 30
