"""Whatever is reported, in whatever order: counters, quota and invoice agree with a plain recount."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.entitlements.services import OverQuota
from billing.models import UsageCounter
from billing.periods import Period
from billing.usage import rules
from billing.usage.queries import number_of, usage_between
from billing.usage.rules import Event
from billing.usage.services import say_reported
from tests.billing.usage.desk import HOST, NOW, plan, subscriber, use

pytestmark = pytest.mark.django_db

MINUTES = 60 * 24 * 3
events = st.lists(
    st.tuples(
        st.decimals(min_value=Decimal("0.01"), max_value=6, places=2),
        st.integers(0, MINUTES),
        st.sampled_from(["ana", "li", "jonas"]),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=10,
)


def bucket(at: datetime, per: str) -> datetime:
    if per == "period":
        return NOW - timedelta(days=8)
    return rules.day_start(at) if per == "day" else rules.month_start(at)


@pytest.mark.parametrize("aggregation", ["sum", "count", "max", "last", "unique"])
@settings(max_examples=12)
@given(
    told=events,
    rounding=st.sampled_from(["up", "down", "nearest", "none"]),
    per=st.sampled_from(["day", "month", "period"]),
    past=st.sampled_from(["hard", "soft"]),
    limit=st.integers(0, 8),
)
def test_counters_quota_and_invoice(aggregation, told, rounding, per, past, limit):
    tier, meter = plan(limit=limit, per=per, past=past, aggregation=aggregation, rounding=rounding)
    customer = subscriber(tier)
    taken: dict[int, Event] = {}
    for order, (quantity, minutes, value, key) in enumerate(told):
        at = NOW - timedelta(minutes=minutes)
        known = taken.get(key)
        mine = Event(quantity, at, order, value)
        if known and (known.quantity, known.at, known.value) != (quantity, at, value):
            continue
        place = bucket(at, per)
        there = [each for each in taken.values() if bucket(each.at, per) == place]
        before = rules.round_units(rules.combine(there, aggregation), rounding)
        after = rules.round_units(rules.combine([*there, mine], aggregation), rounding)
        decided = rules.decide(before, after, limit=Decimal(limit), past=past)
        try:
            wrote = use(customer, meter, quantity, key=f"k{key}", at=at, value=value)
        except OverQuota as refused:
            assert decided.outcome == "refused"
            assert refused.missing == after - limit
            continue
        if known:
            assert wrote.outcome == "repeated"
            continue
        assert decided.outcome != "refused"
        assert (wrote.before, wrote.after) == (before, after)
        taken[key] = mine

    def counted_in(place: datetime, span: str) -> Decimal:
        return rules.combine([one for one in taken.values() if bucket(one.at, span) == place], aggregation)

    for span in ("day", "month", "period"):
        places = {bucket(each.at, span) for each in taken.values()}
        rows = UsageCounter.objects.filter(customer=customer, span=span)
        assert {each.starts_at: number_of(each, meter) for each in rows} == {
            place: rules.round_units(counted_in(place, span), rounding) for place in places
        }
    whole = Period(NOW - timedelta(days=4), NOW + timedelta(seconds=1))
    say_reported(meter=meter.slug, until=whole.end, actor=HOST, now=whole.end)
    assert usage_between([customer.pk], meter.slug, whole) == {
        customer.pk: rules.round_units(rules.combine(taken.values(), aggregation), rounding)
    }


numbers = st.decimals(min_value=-5, max_value=50, places=3)


@settings(max_examples=60)
@given(number=numbers, rounding=st.sampled_from(["up", "down", "nearest", "none"]))
def test_the_database_rounds_as_the_rule_does(number: Decimal, rounding: str):
    if number < 0:
        number = -number
    with connection.cursor() as cursor:
        cursor.execute("SELECT billing_usage_round(%s, %s)", [number, rounding])
        assert cursor.fetchone()[0] == rules.round_units(number, rounding)


def test_the_first_and_last_moment_of_a_day_and_month():
    first = datetime(2026, 11, 1, tzinfo=UTC)
    assert rules.day_start(first) == rules.month_start(first) == first
    assert rules.month_start(first - timedelta(microseconds=1)) == datetime(2026, 10, 1, tzinfo=UTC)
    assert rules.next_start("month", datetime(2027, 12, 1, tzinfo=UTC)) == datetime(2028, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after", "past", "paid", "expected"),
    [
        ("0", "10", "hard", 0, ("within", 0)),
        ("10", "11", "hard", 0, ("refused", 0)),
        ("12", "11", "hard", 0, ("within", 0)),
        ("12", "12", "hard", 0, ("within", 0)),
        ("10", "11", "soft", 0, ("over", 0)),
        ("8", "13", "credits", 0, ("credits", 15)),
        ("13", "14", "credits", 15, ("credits", 5)),
        ("3", "13", "credits", 15, ("credits", 0)),
        ("10", "10.5", "credits", 0, ("credits", 3)),
        ("10.5", "11", "credits", 3, ("credits", 2)),
        ("500", "501", "credits", 0, ("credits", 5)),
    ],
)
def test_what_a_quota_of_ten_says(before, after, past, paid, expected):
    found = rules.decide(
        Decimal(before), Decimal(after), limit=Decimal(10), past=past, credits_each=5, paid=paid
    )
    assert (found.outcome, found.cost) == expected
