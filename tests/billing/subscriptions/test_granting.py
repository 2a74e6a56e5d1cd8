"""Credits once for each grant period, whoever collects and whatever comes first."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.billing_run.renewing import renew_batch
from billing.catalog.models import TierCredits
from billing.gateways.facts import ItemFact, PriceFact, SubscriptionFact
from billing.history.actors import gateway
from billing.models import CreditEntry, CreditLot, HistoryEntry, Price, Subscription
from billing.subscriptions.granting import grant_due, grant_period_credits, grant_told
from billing.subscriptions.services import record_subscription, record_subscriptions
from tests import make
from tests.billing.subscriptions import life
from tests.billing.subscriptions.plans import day
from tests.books import what_is_broken

pytestmark = pytest.mark.django_db

STRIPE = gateway("stripe")


def price_fact(of: Price) -> PriceFact:
    return PriceFact(
        gateway="stripe", gateway_id=of.gateway_id, tier_id=of.tier.gateway_id,
        currency=of.currency, unit_amount_minor=of.unit_amount_minor, interval_unit=of.interval_unit,
        interval_count=of.interval_count, tax_inclusive=False, is_active=True, created_at=make.NOW,
        as_of=make.NOW,
    )  # fmt: skip


def at_stripe(name: str, amount: int, tokens: int, unit: str = "month") -> Price:
    number = make.serial()
    of = life.tier(name, tokens, gateway="stripe", gateway_id=f"prod_{number}")
    return life.price(of, amount, unit, gateway="stripe", gateway_id=f"price_{number}")


def told(of: Price, start: str, end: str, as_of: str, *, anchor: str = "2026-04-01") -> SubscriptionFact:
    return SubscriptionFact(
        gateway="stripe", gateway_id="sub_1", customer_id="cus_1", state="active", currency="EUR",
        anchor_at=day(anchor), created_at=day(anchor), as_of=day(as_of),
        current_period_start=day(start), current_period_end=day(end),
        items=(ItemFact(gateway_id="si_1", price=price_fact(of), quantity=1),),
    )  # fmt: skip


def hear(fact: SubscriptionFact) -> Subscription:
    return record_subscription(fact, actor=STRIPE, now=fact.as_of)


def test_a_gateways_periods_are_granted_once_whatever_comes_first():
    team = at_stripe("Team", 3_000, 1_000)
    first = told(team, "2026-04-01", "2026-05-01", "2026-04-01T00:00:05")
    row = hear(first)
    hear(replace(first, as_of=day("2026-04-01T00:00:09")))
    assert life.grants(row) == [("2026-04-01", 1_000)]
    # The paid invoice of May comes before the subscription's own message, and everything is told twice.
    may = day("2026-05-01T01:00:00")
    grant_told([row.pk], actor=STRIPE, now=may)
    renewed = told(team, "2026-05-01", "2026-06-01", "2026-05-01T01:00:02")
    for _ in range(2):
        hear(renewed)
        grant_told([row.pk], actor=STRIPE, now=may)
        grant_period_credits([row.pk], actor=life.RUN, now=may)
        grant_due(actor=life.RUN, now=may)
    assert life.grants(row) == [("2026-04-01", 1_000), ("2026-05-01", 1_000)]


def test_a_gateways_yearly_plan_is_granted_by_the_month():
    row = hear(
        told(at_stripe("Team", 30_000, 1_000, "year"), "2026-04-01", "2027-04-01", "2026-04-01T00:00:05")
    )
    for at in ("2026-04-20", "2026-05-01", "2026-05-02", "2026-06-01", "2026-07-03"):
        grant_due(actor=life.RUN, now=day(at))
    assert life.grants(row) == [
        ("2026-04-01", 1_000), ("2026-05-01", 1_000), ("2026-06-01", 1_000), ("2026-07-03", 1_000),
    ]  # fmt: skip


def test_an_upgrade_at_the_gateway_is_topped_up_once():
    team, business = at_stripe("Team", 3_000, 1_000), at_stripe("Business", 9_900, 5_000)
    row = hear(told(team, "2026-04-01", "2026-05-01", "2026-04-01T00:00:05"))
    upgraded = told(business, "2026-04-01", "2026-05-01", "2026-04-16")
    hear(upgraded)
    hear(replace(upgraded, as_of=day("2026-04-17")))
    grant_told([row.pk], [row.pk], actor=STRIPE, now=day("2026-04-18"))
    assert life.grants(row) == [("2026-04-01", 1_000), ("2026-04-16", 2_000)]
    assert (
        CreditLot.objects.filter(subscription=row).exclude(cause="").get().grant_period
        == day("2026-04-01").date()
    )


def test_an_import_grants_nothing_for_the_period_that_runs():
    team = at_stripe("Team", 3_000, 1_000)
    fact = told(team, "2026-04-01", "2026-05-01", "2026-04-10")
    record_subscriptions([fact], actor=STRIPE, now=fact.as_of, with_mrr=False)
    row = Subscription.objects.get(gateway_id="sub_1")
    grant_told([row.pk], actor=STRIPE, now=day("2026-04-11"))
    assert life.grants(row) == []
    grant_told([row.pk], actor=STRIPE, now=day("2026-05-01"))
    assert life.grants(row) == [("2026-05-01", 1_000)]


def test_a_renewal_and_a_sweep_at_once_grant_once():
    row = life.start("2026-04-01", life.price(life.tier("Team", 1_000), 3_000))
    now = day("2026-05-01T00:00:01")
    grant_due(actor=life.RUN, now=now)
    renew_batch([Subscription.objects.get(pk=row.pk)], until=now, actor=life.RUN, now=now)
    grant_due(actor=life.RUN, now=now)
    grant_period_credits([row.pk], actor=life.RUN, now=now)
    assert life.grants(row) == [("2026-04-01", 1_000), ("2026-05-01", 1_000)]


def test_what_is_left_lapses_is_kept_to_a_cap_or_kept():
    for keeps, cap, expected in [("none", None, 1_000), ("all", None, 2_000), ("capped", 300, 1_300)]:
        tier = life.tier("Team")
        TierCredits.objects.create(
            tier=tier, unit="tokens", amount=1_000, per="month", rollover=keeps, rollover_cap=cap
        )
        row = life.start("2026-04-01", life.price(tier, 3_000))
        life.run_until(row, "2026-05-01")
        open_lots = CreditLot.objects.filter(subscription=row).exclude(expires_at__lte=day("2026-05-01"))
        assert sum(lot.remainder for lot in open_lots) == expected


def test_what_lapses_is_taken_once_from_the_oldest_and_told():
    tier = life.tier("Team")
    TierCredits.objects.create(
        tier=tier, unit="tokens", amount=1_000, per="month", rollover="capped", rollover_cap=300
    )
    row = life.start("2026-04-01", life.price(tier, 3_000))
    life.run_until(row, "2026-06-01")
    for _ in range(2):
        grant_period_credits([row.pk], actor=life.RUN, now=day("2026-06-01T00:00:01"))

    lots = CreditLot.objects.filter(subscription=row).order_by("grant_period")
    assert [lot.remainder for lot in lots] == [0, 300, 1_000]
    taken = CreditEntry.objects.filter(movement="take_back").order_by("pk")
    assert [each.amount for each in taken] == [-700, -300, -700]
    told = HistoryEntry.objects.filter(kind="credits.taken_back")
    assert {each.facts["amount"] for each in told} == {-700, -300}
    assert set(what_is_broken()) <= {"states_are_told", "mrr_is_its_movements"}


def test_lapsing_asks_as_often_for_many_as_for_few():
    tier = life.tier("Team")
    TierCredits.objects.create(
        tier=tier, unit="tokens", amount=1_000, per="month", rollover="capped", rollover_cap=300
    )
    of = life.price(tier, 120_000, "year")
    costs = []
    for count in (2, 9):
        rows = [life.start("2026-04-01", of) for _ in range(count)]
        with CaptureQueriesContext(connection) as asked:
            grant_period_credits([each.pk for each in rows], actor=life.RUN, now=day("2026-05-01T00:00:01"))
        assert all(life.grants(each)[-1] == ("2026-05-01", 1_000) for each in rows)
        costs.append(len(asked))
    assert costs[0] == costs[1]


def test_credits_of_a_per_seat_plan_are_for_each_seat_and_of_a_flat_one_once():
    per_seat = life.start("2026-04-01", life.price(life.tier("Team", 1_000), 3_000), 4)
    flat = life.start("2026-04-01", life.price(life.tier("Club", 1_000), 9_000, per_seat=False))
    assert (life.grants(per_seat)[0][1], life.grants(flat)[0][1]) == (4_000, 1_000)


def test_a_paused_or_ended_subscription_is_granted_nothing():
    of = life.price(life.tier("Team", 1_000), 3_000)
    paused, ended = life.start("2026-04-01", of), life.start("2026-04-01", of)
    life.pause(paused, "2026-04-10")
    life.cancel(ended, "2026-04-10", "now")
    grant_due(actor=life.RUN, now=day("2026-06-01"))
    assert len(life.grants(paused)) == len(life.grants(ended)) == 1
