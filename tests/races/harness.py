"""Real threads with connections of their own, and ways to take a safeguard out.

A race test that passes proves nothing until it has been seen to fail: each runs once with its lock and once
as its naive twin, where the lock is a plain read. `meeting` makes the race certain instead of likely: it
holds every thread at the same place until all are there, or until it is clear that a lock keeps some away.
That is asked of the database and never guessed from the time: on a loaded machine, slow is not kept away.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Condition
from typing import Any
from unittest.mock import patch

from django.db import connection, connections

from billing.models import Payment, Refund
from dashboard.database import as_owner

PATIENCE = 30.0  # seconds after which a meeting that nobody can explain is over
LOOK, LOOKS = 0.05, 4  # seconds between looks at who is kept away, and how many must agree

_turn = Condition()
_running = 0  # calls of `at_once` that have not ended
_waiting = 0  # of them, those that wait at a meeting


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Starts all calls in the same moment, each in a thread with its own connection; gives what each gave,
    or the exception that it raised."""
    global _running
    start = Barrier(len(calls))
    _running = len(calls)

    def run(call: Callable[[], Any]) -> Any:
        global _running
        try:
            connection.ensure_connection()
            start.wait(PATIENCE)
            return call()
        finally:
            connections.close_all()
            with _turn:
                _running -= 1

    with ThreadPoolExecutor(len(calls)) as pool:
        running = [pool.submit(run, call) for call in calls]
    return [each.exception() or each.result() for each in running]


def went_through(outcomes: list[Any]) -> list[Any]:
    return [each for each in outcomes if not isinstance(each, BaseException)]


def refused(outcomes: list[Any]) -> list[BaseException]:
    return [each for each in outcomes if isinstance(each, BaseException)]


class Meeting:
    """Where so many threads of `at_once` meet. Over for good once all that still run wait at a meeting or are
    kept away by a lock, for then nobody else can come."""

    def __init__(self, parties: int) -> None:
        self.parties = parties
        self.here = 0
        self.round = 0
        self.is_over = False

    def wait(self) -> None:
        """Until all parties are here, or the meeting is over."""
        global _waiting
        with _turn:
            if self.is_over:
                return
            mine = self.round
            self.here += 1
            _waiting += 1
            if self.here == self.parties:
                self._let_go()
                return
        self._look(mine)

    def _let_go(self) -> None:
        """Everybody who is here goes on, and counts as running from this moment."""
        global _waiting
        _waiting -= self.here
        self.here = 0
        self.round += 1
        _turn.notify_all()

    def _look(self, mine: int) -> None:
        """Look who is kept away, through a connection of its own, until this round is let go."""
        until, agree = time.monotonic() + PATIENCE, 0
        aside = connection.copy()
        aside.settings_dict["OPTIONS"].pop("pool", None)
        try:
            while True:
                kept = kept_away(aside)
                with _turn:
                    if self.round != mine:
                        return
                    agree = agree + 1 if _waiting + kept >= _running else 0
                    if agree == LOOKS or time.monotonic() > until:
                        self.is_over = True
                        self._let_go()
                        return
                    _turn.wait(LOOK)
        finally:
            aside.close()


def kept_away(aside: Any) -> int:
    """How many sessions of this database wait for a lock that another holds."""
    with aside.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE NOT granted AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


@contextmanager
def meeting(target: str, parties: int) -> Iterator[None]:
    """Threads that have returned from ``target`` wait there until ``parties`` of them have."""
    with meeting_at(Meeting(parties), target):
        yield


@contextmanager
def meeting_at(place: Meeting, target: str) -> Iterator[None]:
    """Threads that have returned from ``target`` wait at this place."""
    module, _, name = target.rpartition(".")
    original = getattr(__import__(module, fromlist=[name]), name)

    def and_wait(*args: Any, **kwargs: Any) -> Any:
        answer = original(*args, **kwargs)
        place.wait()
        return answer

    with patch(target, and_wait):
        yield


@contextmanager
def without_payment_lock() -> Iterator[None]:
    """The naive twin: the payment is read, not locked."""

    def plain(**which: object) -> Payment:
        return Payment.objects.get(**which)

    with patch("billing.refunds.locks.lock_payment", plain):
        yield


@contextmanager
def without_refund_lock() -> Iterator[None]:
    """The naive twin: the refund is read, not locked."""

    def plain(**which: object) -> Refund | None:
        return Refund.objects.filter(**which).first()

    with patch("billing.refunds.locks.lock_first", plain):
        yield


@contextmanager
def without_trigger(table: str, trigger: str) -> Iterator[None]:
    """The database's own safeguard taken out by the owner, and put back."""
    _as_owner(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    try:
        yield
    finally:
        _as_owner(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")


def _as_owner(statement: str) -> None:
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute(statement)
