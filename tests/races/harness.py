"""Real threads with connections of their own, and ways to take a safeguard out.

A race test that passes proves nothing until it has been seen to fail: each runs once with its lock and once
as its naive twin, where the lock is a plain read. `meeting` makes the race certain instead of likely: it
holds every thread at the same place until all are there, or until it is clear that a lock keeps some away.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Barrier, BrokenBarrierError
from typing import Any
from unittest.mock import patch

from django.db import connection, connections

from billing.models import Payment, Refund
from dashboard.database import as_owner

PATIENCE = 1.5


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Starts all calls in the same moment, each in a thread with its own connection; gives what each gave,
    or the exception that it raised."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait()
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        running = [pool.submit(run, call) for call in calls]
    return [each.exception() or each.result() for each in running]


def went_through(outcomes: list[Any]) -> list[Any]:
    return [each for each in outcomes if not isinstance(each, BaseException)]


def refused(outcomes: list[Any]) -> list[BaseException]:
    return [each for each in outcomes if isinstance(each, BaseException)]


@contextmanager
def meeting(target: str, parties: int) -> Iterator[None]:
    """Threads that have returned from ``target`` wait there until ``parties`` of them have."""
    barrier = Barrier(parties)
    module, _, name = target.rpartition(".")
    original = getattr(__import__(module, fromlist=[name]), name)

    def and_wait(*args: Any, **kwargs: Any) -> Any:
        answer = original(*args, **kwargs)
        with suppress(BrokenBarrierError):
            barrier.wait(PATIENCE)
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
