# ruff: noqa: E501 (statements of SQL)
"""Daily totals are exact at every moment, whoever commits late."""

from datetime import UTC, date, datetime
from unittest.mock import patch

import psycopg
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.checks.rollups import CHECKS
from billing.rollups.models import DailyTotal, RollupMark
from billing.rollups.queries import by_day, total
from billing.rollups.services import forget, roll_up
from billing.rollups.sources import STATE_CHANGES
from tests.billing.audit.trail import horizon_of_this_database
from tests.races.harness import at_once, meeting, refused

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
DAY = date(2026, 11, 18)
INSERT = (
    "INSERT INTO billing_historyentry (at, subject_kind, subject_id, kind, from_state, to_state, amount_minor, "
    "currency, actor_kind, actor_ref, actor_name, reason, request_id, facts) VALUES "
    "(%s, 'refund', 1, 'state', '', %s, %s, 'EUR', 'system', 'system:test', 'Test', '', '', '{}')"
)


def figure(state: str = "failed") -> tuple[int, int]:
    return total(STATE_CHANGES, f"state.refund.{state}", DAY, DAY, "EUR")


def add(cursor, amount: int, state: str = "failed", at: datetime = NOW) -> None:
    cursor.execute(INSERT, [at, state, amount])


def other_connection() -> psycopg.Connection:
    """A second session as the tests' role, on the tests' database."""
    known = connection.get_connection_params()
    kept = {k: known[k] for k in ("dbname", "user", "password", "host", "port") if known.get(k)}
    return psycopg.connect(**kept)


@pytest.fixture(autouse=True)
def _alone_on_the_server(monkeypatch):
    monkeypatch.setattr("billing.rollups.services.horizon", horizon_of_this_database)


def naive_roll_up(after_id: int) -> tuple[int, int, int]:
    """What most would write: rows with a larger id than the last one seen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(id), %s), count(*), coalesce(sum(amount_minor), 0) FROM billing_historyentry "
            "WHERE id > %s",
            [after_id, after_id],
        )
        return cursor.fetchone()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_late_commit_is_not_lost_and_the_naive_way_loses_it():
    with other_connection() as late:
        add(late.cursor(), 500)  # takes the smaller id, and does not commit yet
        with connection.cursor() as cursor:
            add(cursor, 70)
        roll_up(STATE_CHANGES, now=NOW)
        last, seen, amount = naive_roll_up(0)
        assert figure() == (1, 70) == (seen, amount)
        late.commit()
    assert figure() == (2, 570)
    roll_up(STATE_CHANGES, now=NOW)
    assert figure() == (2, 570)
    assert DailyTotal.objects.get(measure="state.refund.failed").amount_minor == 570
    _, seen_later, amount_later = naive_roll_up(last)
    assert (seen + seen_later, amount + amount_later) == (1, 70), "the id-based twin lost the late row"


@pytest.mark.django_db(transaction=True)
def test_twice_adds_nothing():
    with connection.cursor() as cursor:
        add(cursor, 70)
    assert roll_up(STATE_CHANGES, now=NOW) == 1
    assert roll_up(STATE_CHANGES, now=NOW) == 0
    assert figure() == (1, 70)


def forty_rows() -> None:
    with connection.cursor() as cursor:
        for amount in range(1, 41):
            add(cursor, amount)


def two_runs() -> list[int]:
    """Both have read the mark before either adds."""
    with meeting("billing.rollups.services.locked_mark", 2):
        outcomes = at_once([lambda: roll_up(STATE_CHANGES, now=NOW)] * 2)
    assert not refused(outcomes)
    return sorted(outcomes)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_run_waits_for_the_one_before_it():
    forty_rows()
    assert two_runs() == [0, 40]
    assert figure() == (40, 820)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_on_the_mark_rows_are_added_twice():
    forty_rows()
    with patch(
        "billing.rollups.services.locked_mark", lambda source: RollupMark.objects.get(source=source.name)
    ):
        assert two_runs() == [40, 40]
    assert figure() == (80, 1640), "the naive twin counts everything twice"


@pytest.mark.django_db
def test_rows_of_this_very_transaction_count_at_once():
    with connection.cursor() as cursor:
        add(cursor, 5)
    roll_up(STATE_CHANGES, now=NOW)
    assert figure() == (1, 5)
    assert not DailyTotal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_after_forgetting_all_is_summed_again():
    with connection.cursor() as cursor:
        add(cursor, 70)
    roll_up(STATE_CHANGES, now=NOW)
    forget(STATE_CHANGES)
    assert not DailyTotal.objects.exists()
    assert figure() == (1, 70)
    assert roll_up(STATE_CHANGES, now=NOW) == 1
    assert figure() == (1, 70)


@pytest.mark.django_db(transaction=True)
@settings(max_examples=15)
@given(st.lists(st.one_of(st.integers(1, 9_999), st.none()), max_size=12))
def test_rolled_and_tail_are_the_recomputation(steps):
    """None rolls up; a number is a row that failed with that amount."""
    with connection.cursor() as cursor:
        before = figure()
        for step in steps:
            if step is None:
                roll_up(STATE_CHANGES, now=NOW)
            else:
                add(cursor, step)
        rows = [step for step in steps if step is not None]
        assert figure() == (before[0] + len(rows), before[1] + sum(rows))
        assert all(check.run(cursor).holds for check in CHECKS)


@pytest.mark.django_db
def test_days_stand_apart():
    with connection.cursor() as cursor:
        add(cursor, 5)
        add(cursor, 7, at=datetime(2026, 11, 17, 23, 59, tzinfo=UTC))
    days = by_day(STATE_CHANGES, ["state.refund.failed"], date(2026, 11, 1), DAY)
    assert [(f.day.day, f.count, f.amount_minor) for f in days] == [(17, 1, 7), (18, 1, 5)]
