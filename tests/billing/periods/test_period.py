from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.periods import Period

BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.integers(0, 2 * 10**15).map(
    lambda ticks: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks)
)
PERIODS = st.tuples(MOMENTS, MOMENTS).map(lambda ends: Period(min(ends), max(ends)))


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, number, hour, tzinfo=UTC)


NOVEMBER = Period(day(1), datetime(2026, 12, 1, tzinfo=UTC))


def test_the_end_belongs_to_the_next():
    assert NOVEMBER.contains(day(1))
    assert NOVEMBER.contains(NOVEMBER.end - timedelta(microseconds=1))
    assert not NOVEMBER.contains(NOVEMBER.end)
    assert not NOVEMBER.contains(day(1) - timedelta(microseconds=1))


def test_neighbours_do_not_overlap():
    first, second = Period(day(1), day(15)), Period(day(15), day(30))

    assert not first.overlaps(second)
    assert first.intersection(second) is None
    assert Period(day(1), day(16)).intersection(second) == Period(day(15), day(16))
    assert NOVEMBER.overlaps(first)


def test_an_empty_period_contains_and_overlaps_nothing():
    empty = Period(day(5), day(5))

    assert empty.is_empty
    assert not empty.contains(day(5))
    assert not empty.overlaps(NOVEMBER)
    assert (empty.seconds, empty.days()) == (0, 0)
    assert (empty.elapsed(day(4)), empty.elapsed(day(5))) == (0, 1)


def test_a_period_does_not_end_before_it_starts():
    with pytest.raises(ValueError, match="before it starts"):
        Period(day(2), day(1))


def test_days_and_seconds():
    assert (NOVEMBER.days(), NOVEMBER.seconds) == (30, 30 * 86400)
    assert Period(day(1, 23), day(2, 1)).days() == 1
    assert Period(day(1, 1), day(1, 23)).days() == 0


def test_a_day_of_the_calendar_may_have_23_or_25_hours():
    spring = Period(datetime(2026, 3, 29, tzinfo=BERLIN), datetime(2026, 3, 30, tzinfo=BERLIN))
    autumn = Period(datetime(2026, 10, 25, tzinfo=BERLIN), datetime(2026, 10, 26, tzinfo=BERLIN))

    assert (spring.days(BERLIN), spring.seconds) == (1, 23 * 3600)
    assert (autumn.days(BERLIN), autumn.seconds) == (1, 25 * 3600)
    assert spring.elapsed(datetime(2026, 3, 29, 12, tzinfo=BERLIN)) == Fraction(11, 23)


def test_two_equal_hours_are_told_apart():
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    hour = Period(first, first.replace(fold=1))

    assert hour.seconds == 3600
    assert hour.contains(first)
    assert not hour.contains(first.replace(fold=1))
    assert hour.elapsed(first.astimezone(UTC) + timedelta(minutes=30)) == Fraction(1, 2)
    with pytest.raises(ValueError, match="before it starts"):
        Period(first.replace(fold=1), first)


def test_the_share_that_has_passed_is_exact_and_stays_between_none_and_all():
    assert NOVEMBER.elapsed(day(11)) == Fraction(1, 3)
    assert NOVEMBER.left(day(11)) == Fraction(2, 3)
    assert NOVEMBER.elapsed(day(1) - timedelta(days=9)) == 0
    assert NOVEMBER.elapsed(NOVEMBER.end + timedelta(days=9)) == 1
    assert isinstance(NOVEMBER.elapsed(day(11)), Fraction)


@given(PERIODS, MOMENTS)
def test_what_has_passed_and_what_is_left_are_the_whole(period, moment):
    assert 0 <= period.elapsed(moment) <= 1
    assert period.elapsed(moment) + period.left(moment) == 1
    assert period.contains(moment) == (
        not period.is_empty and period.start <= moment and period.elapsed(moment) < 1
    )


@given(PERIODS, PERIODS, MOMENTS)
def test_overlap_is_mutual_and_shares_what_both_contain(one, other, moment):
    shared = one.intersection(other)

    assert one.overlaps(other) == other.overlaps(one)
    assert shared == other.intersection(one)
    assert (one.contains(moment) and other.contains(moment)) == bool(shared and shared.contains(moment))
