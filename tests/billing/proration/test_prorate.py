"""Parts of a period add up, whatever the basis; what cannot be divided is refused."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.periods import Interval, Period, nth_period
from billing.proration import prorate, share, split

START = datetime(2026, 4, 1, tzinfo=UTC)
MONTH = Period(START, datetime(2026, 5, 1, tzinfo=UTC))
BASES = st.sampled_from(["second", "day", "fixed30"])
OWNERS = st.sampled_from(["new", "old"])
MOMENTS = st.integers(0, 260_000_000).map(lambda s: datetime(2023, 12, 1, tzinfo=UTC) + timedelta(seconds=s))
INTERVALS = st.sampled_from([Interval("month"), Interval("month", 3), Interval("year"), Interval("year", 2)])


@given(
    MOMENTS,
    st.integers(0, 30),
    INTERVALS,
    BASES,
    OWNERS,
    st.lists(st.integers(0, 10**6), max_size=6),
    st.data(),
)
def test_shares_of_neighbours_add_up_to_one(anchor, n, interval, basis, owner, cuts, data):  # fmt: skip
    period = nth_period(anchor, n, interval)
    length = (period.end - period.start) // timedelta(microseconds=1)
    at = sorted(period.start + timedelta(microseconds=length * cut // 10**6) for cut in cuts)
    edges = [period.start, *at, period.end]
    parts = [Period(a, b) for a, b in pairwise(edges)]
    assert sum(share(period, part, basis, owner) for part in parts) == 1
    assert all(share(period, part, basis, owner) >= 0 for part in parts)
    amount = data.draw(st.integers(0, 10**12))
    assert sum(split(amount, period, at, basis, owner)) == amount


@given(MOMENTS, st.integers(0, 60), INTERVALS, BASES, OWNERS, st.integers(-(10**12), 10**12))
def test_the_whole_period_costs_the_whole_amount(anchor, n, interval, basis, owner, amount):
    period = nth_period(anchor, n, interval)
    assert prorate(amount, period, period, basis, day_owner=owner) == amount


@given(MOMENTS, INTERVALS, BASES, st.integers(0, 10**9), st.integers(0, 10**6))
def test_used_and_left_differ_from_the_whole_by_one_unit_at_most(anchor, interval, basis, amount, cut):
    period = nth_period(anchor, 0, interval)
    at = period.start + (period.end - period.start) * cut / 10**6
    used = prorate(amount, period, Period(period.start, at), basis)
    left = prorate(amount, period, Period(at, period.end), basis)
    assert abs(used + left - amount) <= 1
    assert 0 <= left <= amount


def test_an_hour_that_the_clock_repeats_is_paid_for():
    zone = ZoneInfo("Europe/Berlin")
    period = nth_period(datetime(2026, 10, 1, tzinfo=zone), 0, Interval("month"), zone)
    assert period.seconds == 31 * 86_400 + 3_600
    day = Period(datetime(2026, 10, 25, tzinfo=zone), datetime(2026, 10, 26, tzinfo=zone))
    assert prorate(7_450, period, day) == 250  # 25 of 745 hours
    assert prorate(3_100, period, day, "day", zone=zone) == 100  # one of 31 days


def test_a_period_without_length_is_refused():
    empty = Period(START, START)
    for basis in ("second", "day", "fixed30"):
        with pytest.raises(ValueError, match="without length"):
            prorate(9900, empty, empty, basis)
    hour = Period(START, START + timedelta(hours=1))
    with pytest.raises(ValueError, match="within one day"):
        prorate(9900, hour, hour, "day")
    blink = Period(START, START + timedelta(microseconds=5))
    with pytest.raises(ValueError, match="shorter than a second"):
        prorate(9900, blink, blink)


def test_what_is_unknown_or_outside_is_refused():
    beyond = Period(START, MONTH.end + timedelta(seconds=1))
    with pytest.raises(ValueError, match="reaches beyond"):
        prorate(9900, MONTH, beyond)
    with pytest.raises(ValueError, match="not 'hour'"):
        prorate(9900, MONTH, MONTH, "hour")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not 'up'"):
        prorate(9900, MONTH, MONTH, rounding="up")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not 'both'"):
        prorate(9900, MONTH, MONTH, "day", day_owner="both")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        prorate(99.0, MONTH, MONTH)  # type: ignore[arg-type]


def test_an_empty_part_costs_nothing():
    assert prorate(9900, MONTH, Period(START, START)) == 0
