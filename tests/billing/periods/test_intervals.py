from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.periods import Interval, Period, add_interval, nth_period, period_at, period_number

BERLIN, NEW_YORK, LORD_HOWE = (
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("America/New_York"),
    ZoneInfo("Australia/Lord_Howe"),
)
NAIVE = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
MONTH, YEAR = Interval("month"), Interval("year")

INTERVALS = st.builds(Interval, st.sampled_from(["day", "week", "month", "year"]), st.integers(1, 12))
MOMENTS = st.integers(946_684_800, 2_208_988_800).map(lambda second: datetime.fromtimestamp(second, UTC))
ZONES = st.sampled_from(
    [UTC, BERLIN, NEW_YORK, LORD_HOWE, ZoneInfo("Asia/Kathmandu"), timezone(timedelta(hours=-9))]
)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def days(anchor: datetime, interval: Interval, n: int) -> list[str]:
    return [f"{add_interval(anchor, i, interval):%Y-%m-%d}" for i in range(n)]


def test_the_31st_finds_its_day_again():
    assert days(at(2026, 1, 31), MONTH, 5) == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
        "2026-05-31",
    ]


def test_the_31st_in_a_leap_year():
    assert days(at(2028, 1, 31), MONTH, 3) == ["2028-01-31", "2028-02-29", "2028-03-31"]


def test_the_29th_of_february_finds_its_day_in_leap_years():
    assert days(at(2024, 2, 29), YEAR, 5) == [
        "2024-02-29",
        "2025-02-28",
        "2026-02-28",
        "2027-02-28",
        "2028-02-29",
    ]
    assert days(at(2024, 2, 29), MONTH, 3) == ["2024-02-29", "2024-03-29", "2024-04-29"]


@pytest.mark.parametrize(
    ("interval", "n", "expected"),
    [
        (Interval("day", 30), 2, at(2026, 3, 16, 9, 30)),
        (Interval("week"), 1, at(2026, 1, 22, 9, 30)),
        (Interval("week", 2), 3, at(2026, 2, 26, 9, 30)),
        (Interval("month", 3), 1, at(2026, 4, 15, 9, 30)),
        (Interval("month", 3), 5, at(2027, 4, 15, 9, 30)),
        (YEAR, 1, at(2027, 1, 15, 9, 30)),
        (MONTH, 0, at(2026, 1, 15, 9, 30)),
        (MONTH, -1, at(2025, 12, 15, 9, 30)),
        (YEAR, -2, at(2024, 1, 15, 9, 30)),
    ],
)
def test_boundaries_of_every_unit(interval, n, expected):
    assert add_interval(at(2026, 1, 15, 9, 30), n, interval) == expected


@given(MOMENTS, INTERVALS, ZONES, st.integers(-30, 30))
def test_boundaries_rise_and_periods_touch(anchor, interval, zone, n):
    boundaries = [add_interval(anchor, i, interval, zone) for i in range(n, n + 6)]

    assert all(a < b for a, b in pairwise(boundaries))
    assert nth_period(anchor, n, interval, zone).end == nth_period(anchor, n + 1, interval, zone).start
    assert all(boundary.tzinfo is UTC for boundary in boundaries)


@given(MOMENTS, MOMENTS, INTERVALS, ZONES)
def test_every_moment_is_in_exactly_one_period(anchor, moment, interval, zone):
    n = period_number(anchor, interval, moment, zone)
    period = period_at(anchor, interval, moment, zone)

    assert period == nth_period(anchor, n, interval, zone)
    assert period.contains(moment)
    assert not nth_period(anchor, n - 1, interval, zone).contains(moment)
    assert not nth_period(anchor, n + 1, interval, zone).contains(moment)


@given(MOMENTS, INTERVALS, ZONES, st.integers(-30, 30))
def test_a_boundary_begins_its_own_period(anchor, interval, zone, n):
    boundary = add_interval(anchor, n, interval, zone)

    assert period_number(anchor, interval, boundary, zone) == n
    assert period_number(anchor, interval, boundary - timedelta(microseconds=1), zone) == n - 1


def test_the_clock_on_the_wall_stays_when_summer_time_begins_and_ends():
    anchor = datetime(2026, 3, 15, 10, tzinfo=BERLIN)
    renewals = [add_interval(anchor, n, MONTH, BERLIN) for n in (0, 1, 8)]

    assert renewals == [at(2026, 3, 15, 9), at(2026, 4, 15, 8), at(2026, 11, 15, 9)]


def test_in_utc_the_same_renewals_do_not_move():
    anchor = datetime(2026, 3, 15, 10, tzinfo=BERLIN)

    assert [add_interval(anchor, n, MONTH) for n in (0, 1)] == [at(2026, 3, 15, 9), at(2026, 4, 15, 9)]


def test_a_time_that_the_clock_skips_is_as_much_later():
    anchor = datetime(2026, 2, 28, 2, 30, tzinfo=BERLIN)
    skipped = add_interval(anchor, 29, Interval("day"), BERLIN)

    assert skipped == at(2026, 3, 29, 1, 30)
    assert skipped.astimezone(BERLIN).strftime("%H:%M") == "03:30"


def test_a_time_that_the_clock_shows_twice_is_the_first():
    anchor = datetime(2026, 9, 25, 2, 30, tzinfo=BERLIN)

    assert add_interval(anchor, 1, MONTH, BERLIN) == at(2026, 10, 25, 0, 30)


def test_an_anchor_in_the_second_of_two_equal_hours_is_itself():
    anchor = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1)

    assert add_interval(anchor, 0, MONTH, BERLIN) == at(2026, 10, 25, 1, 30)
    assert add_interval(anchor, 1, MONTH, BERLIN) == at(2026, 11, 25, 1, 30)


def test_the_second_of_two_equal_hours_does_not_stick_to_later_boundaries():
    anchor = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1)
    day = Interval("day")

    assert add_interval(anchor, 155, day, BERLIN) == at(2027, 3, 29, 0, 30)
    assert add_interval(anchor, 154, day, BERLIN) == at(2027, 3, 28, 1, 30)


def test_a_clock_put_back_over_midnight_does_not_bring_the_old_period_back():
    # In Newfoundland 00:01 on 7 November 2010 was followed by 23:01 on the 6th.
    st_johns = ZoneInfo("America/St_Johns")
    anchor = datetime(2010, 11, 1, 0, 0, 30, tzinfo=st_johns)
    moment = datetime(2010, 11, 6, 23, 30, tzinfo=st_johns, fold=1)

    assert period_number(anchor, Interval("day"), moment, st_johns) == 6
    assert period_at(anchor, Interval("day"), moment, st_johns).contains(moment)


def test_the_day_of_the_zone_decides_the_month():
    # 31 January, 20:00 in New York is already February in UTC.
    anchor = datetime(2026, 1, 31, 20, tzinfo=NEW_YORK)

    assert add_interval(anchor, 1, MONTH, NEW_YORK) == datetime(2026, 2, 28, 20, tzinfo=NEW_YORK)
    assert add_interval(anchor, 1, MONTH) == at(2026, 3, 1, 1)


@pytest.mark.parametrize(
    ("unit", "count"), [("month", 0), ("month", -1), ("fortnight", 1), ("day", 1.0), ("day", True)]
)
def test_an_interval_is_a_known_unit_at_least_once(unit, count):
    with pytest.raises(ValueError, match="interval"):
        Interval(unit, count)


def test_an_interval_reads_as_words():
    assert (str(MONTH), str(Interval("month", 3)), str(YEAR)) == ("month", "3 months", "year")


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        add_interval(NAIVE, 1, MONTH)
    with pytest.raises(ValueError, match="no time zone"):
        period_at(at(2026, 1, 1), MONTH, NAIVE)
    with pytest.raises(ValueError, match="no time zone"):
        Period(NAIVE, NAIVE + timedelta(days=31))
