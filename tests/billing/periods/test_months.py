from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.periods import (
    Period,
    add_months,
    day_of,
    month_of,
    month_period,
    month_starts,
    months_between,
)

BERLIN = ZoneInfo("Europe/Berlin")
DATES = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 3, 31), -13, date(2025, 2, 28)),
        (date(2026, 3, 31), 0, date(2026, 3, 31)),
    ],
)
def test_months_on(day, n, expected):
    assert add_months(day, n) == expected


@given(DATES, st.integers(-200, 200))
def test_adding_months_moves_by_that_many_on_the_calendar(day, n):
    assert months_between(day, add_months(day, n)) == n
    assert add_months(day, n).day <= day.day


def test_months_between_counts_the_calendar_and_not_the_days():
    assert months_between(date(2026, 1, 31), date(2026, 2, 1)) == 1
    assert months_between(date(2026, 1, 1), date(2026, 1, 31)) == 0
    assert months_between(date(2026, 2, 1), date(2024, 12, 1)) == -14


def test_the_zone_decides_the_day_and_the_month():
    moment = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)

    assert (day_of(moment), day_of(moment, BERLIN)) == (date(2026, 10, 31), date(2026, 11, 1))
    assert (month_of(moment), month_of(moment, BERLIN)) == (date(2026, 10, 1), date(2026, 11, 1))
    assert (day_of(date(2026, 10, 31)), month_of(date(2026, 10, 31), BERLIN)) == (
        date(2026, 10, 31),
        date(2026, 10, 1),
    )
    with pytest.raises(ValueError, match="no time zone"):
        day_of(moment.replace(tzinfo=None))


def test_all_months_from_first_to_last():
    assert month_starts(date(2026, 11, 18), date(2027, 1, 3)) == [
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
    ]
    assert month_starts(date(2026, 11, 18), date(2026, 11, 2)) == [date(2026, 11, 1)]
    assert month_starts(date(2026, 11, 1), date(2026, 10, 31)) == []


def test_a_month_runs_from_midnight_to_midnight_of_its_zone():
    assert month_period(date(2026, 11, 18)) == Period(
        datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    )
    march = month_period(date(2026, 3, 1), BERLIN)
    assert march == Period(datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC))
    assert march.seconds == (31 * 24 - 1) * 3600


@given(DATES)
def test_months_touch(day):
    assert month_period(day).end == month_period(add_months(day, 1)).start
