"""Writing what was counted into the sums that all processes share: each second, and when the process ends.

One statement adds all of a process's buffer, its rows in one order for everybody, so that no two processes
wait for each other in a circle. What cannot be written is kept and written later.
"""

import atexit
import os
from collections.abc import Mapping
from threading import Event, Lock, Thread

import psycopg
import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from billing.metrics import buffer
from billing.metrics.buffer import Series
from billing.metrics.models import MetricTotal

log = structlog.get_logger("billing.metrics")

TROUBLE = (DatabaseError, psycopg.Error)  # the second: a pool without a free connection

_starting = Lock()
_stop = Event()
_state: dict[str, Thread | bool | None] = {"allowed": False, "thread": None, "knows": False}


def flush() -> int:
    """Writes what has been counted; how many sums grew. Raises the database's error; nothing is lost then."""
    taken = buffer.take()
    if not taken:
        return 0
    try:
        write(taken)
    except BaseException:
        buffer.put_back(taken)
        raise
    return len(taken)


def write(sums: Mapping[Series, int]) -> None:
    """Adds to the sums in the database, in one statement and in the order of their keys."""
    rows = sorted(sums.items())
    names, labels, parts = zip(*(key for key, _ in rows), strict=True)
    values = [value for _, value in rows]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [list(names), list(labels), list(parts), values])


def allow() -> None:
    """Called by web and worker processes as they start: from the first count on, a thread writes."""
    if settings.METRICS_FLUSH_SECONDS and not _state["allowed"]:
        _state["allowed"] = True
        atexit.register(flush_at_exit)
        os.register_at_fork(after_in_child=_forked)


def wake() -> None:
    """Sees to it that the thread runs. A process that has counted nothing has none."""
    if _state["allowed"] and _state["thread"] is None:
        with _starting:
            if _state["thread"] is None:
                thread = Thread(target=_each_second, name="metrics", daemon=True)
                _state["thread"] = thread
                thread.start()


def flush_at_exit() -> None:
    """The last sums of a process that ends. A database that is gone does not keep it from ending."""
    _stop.set()
    try:
        flush()
    except TROUBLE as error:
        log.warning("metrics_lost", error=type(error).__name__)


def _each_second() -> None:
    while not _stop.wait(settings.METRICS_FLUSH_SECONDS):
        try:
            if not _state["knows"]:
                buffer.remember(MetricTotal.objects.values_list("name", "labels").distinct()[:20_000])
                _state["knows"] = True
            flush()
        except TROUBLE as error:
            log.warning("metrics_wait", error=type(error).__name__)
        finally:
            connection.close()


def _forked() -> None:
    """A child has neither the parent's thread nor what the parent is about to write."""
    _state["thread"] = None
    buffer.forget()


_ADD = """
INSERT INTO billing_metrictotal (name, labels, part, value)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[])
ON CONFLICT (name, labels, part) DO UPDATE SET value = billing_metrictotal.value + EXCLUDED.value
"""
