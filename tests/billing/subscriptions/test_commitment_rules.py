"""When a term ends, and what a gateway's word about it means."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.errors import InvalidInput
from billing.periods import Interval, Period, add_interval, nth_period, period_number
from billing.subscriptions.commitments.rules import Seen, judge, term_after, term_of, watch_next

END = datetime(2027, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
MONTH, YEAR, QUARTER = Interval("month"), Interval("year"), Interval("month", 3)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("anchor", "number", "months", "starts", "ends"),
    [
        ("2026-01-15", 0, 12, "2026-01-15", "2027-01-15"),
        ("2026-01-31", 1, 12, "2026-02-28", "2027-02-28"),
        ("2026-01-31", 2, 12, "2026-03-31", "2027-03-31"),
        ("2024-02-29", 0, 12, "2024-02-29", "2025-02-28"),
        ("2024-02-29", 12, 36, "2025-02-28", "2028-02-29"),
        ("2026-08-31", 0, 1, "2026-08-31", "2026-09-30"),
    ],
)
def test_a_term_of_monthly_periods(anchor: str, number: int, months: int, starts: str, ends: str) -> None:
    running = nth_period(at(anchor), number, MONTH)
    term = term_of(at(anchor), MONTH, running, months, in_trial=False)
    assert term == Period(at(starts), at(ends))


def test_after_a_trial_the_term_begins_when_the_trial_ends() -> None:
    trial = Period(at("2026-01-01"), at("2026-01-15"))
    assert term_of(trial.end, MONTH, trial, 12, in_trial=True) == Period(trial.end, at("2027-01-15"))


def test_a_period_that_was_cut_counts_as_the_first() -> None:
    moved = Period(at("2026-01-15"), at("2026-02-01"))
    assert term_of(at("2026-02-01"), MONTH, moved, 12, in_trial=False).end == at("2027-01-01")


@pytest.mark.parametrize(
    ("interval", "months"),
    [(YEAR, 6), (YEAR, 13), (QUARTER, 4), (Interval("week"), 12), (MONTH, 0), (MONTH, -1)],
)
def test_a_term_that_cuts_a_period_is_refused(interval: Interval, months: int) -> None:
    with pytest.raises(InvalidInput):
        term_of(END, interval, nth_period(END, 0, interval), months, in_trial=False)


@given(
    minutes=st.integers(0, 11 * 366 * 24 * 60),
    number=st.integers(0, 40),
    count=st.integers(1, 24),
    interval=st.sampled_from([MONTH, QUARTER, YEAR]),
)
@settings(max_examples=150, deadline=None)
def test_every_term_is_a_whole_number_of_periods_and_the_next_follows(
    minutes: int, number: int, count: int, interval: Interval
) -> None:
    day = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    months = count * interval.count * (12 if interval.unit == "year" else 1)
    running = nth_period(day, number, interval)
    term = term_of(day, interval, running, months, in_trial=False)
    assert term.start == running.start
    assert term.end == add_interval(day, number + count, interval)
    following = term_after(day, interval, term.end, months)
    assert following.start == term.end
    assert period_number(day, interval, following.end) == number + 2 * count


def seen(state: str = "active", cancel_at: datetime | None = END, **more: datetime | None) -> Seen:
    return Seen(state, cancel_at, more.get("ended_at"), more.get("period_end", NOW + timedelta(days=5)))


@pytest.mark.parametrize(
    ("told", "now", "finding"),
    [
        (seen(), NOW, "kept"),
        (seen(cancel_at=END + timedelta(milliseconds=900)), NOW, "kept"),
        (seen(cancel_at=None), NOW, "lost"),
        (seen(cancel_at=END + timedelta(days=1)), NOW, "bills_beyond"),
        (seen(cancel_at=END - timedelta(days=1)), NOW, "other_date"),
        (seen(period_end=END + timedelta(days=10)), NOW, "bills_beyond"),
        (seen("past_due"), NOW, "kept"),
        (seen(), END + timedelta(hours=1), "kept"),
        (seen(), END + timedelta(hours=3), "bills_beyond"),
        (seen("canceled", ended_at=END), END + timedelta(hours=3), "ended"),
        (seen("canceled", ended_at=NOW), NOW, "ended_early"),
        (None, NOW, "unknown"),
    ],
)
def test_what_is_told_is_judged(told: Seen | None, now: datetime, finding: str) -> None:
    found = judge(told, END, now, "Stripe")
    assert found.finding == finding and found.sentence.endswith(".")
    assert found.is_fine is (finding in ("kept", "ended", "ended_early"))


def test_it_is_looked_at_daily_then_hourly() -> None:
    assert watch_next(END, NOW, is_fine=True) == NOW + timedelta(days=1)
    assert watch_next(END, NOW, is_fine=False) == NOW + timedelta(hours=1)
    near = END - timedelta(days=3, hours=5)
    assert watch_next(END, near, is_fine=True) == END - timedelta(days=3)
    assert watch_next(END, END, is_fine=True) == END + timedelta(hours=1)
