"""The inbox taken by workers, a batch at a time, for as long as they live."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread

import structlog
from django.db import Error, InterfaceError, OperationalError, connection
from django.utils import timezone

from billing.logs import add_facts, service
from billing.webhooks import claims
from billing.webhooks.models import WebhookEvent
from billing.webhooks.processing import process_batch
from billing.webhooks.telling.said import Clock

log = structlog.get_logger("billing.webhooks")

#: Seconds between two looks into an empty inbox, and after the database was gone.
POLL = 0.15
BACK_OFF = 1.0
#: Loops of one worker process: while one waits for a gateway, another goes on.
LOOPS = 2


@service("webhooks")
def drain(
    *, now: datetime | None = None, most: int | None = None, worker: str = "", clock: Clock = timezone.now
) -> int:
    """Does all that is due, until nothing is, or ``most`` events; gives how many it took.

    ``now`` fixes the moment, for tests and for travelling in time.
    """
    moment = (lambda: now) if now is not None else clock
    taken = 0
    while most is None or taken < most:
        size = claims.BATCH if most is None else min(claims.BATCH, most - taken)
        events = claims.claim(now=moment(), most=size)
        if not events:
            break
        process_batch(events=events, worker=worker, clock=moment)
        taken += len(events)
    add_facts(events=taken)
    return taken


def keep_draining(*, stop: Event, worker: str, clock: Clock = timezone.now) -> None:
    """Does what is due until ``stop`` is set, and ends between two batches.

    A database that goes away is waited for; what was leased then is taken up again at once.
    """
    left: list[WebhookEvent] = []
    while not stop.is_set():
        try:
            if left:
                claims.give_back(left, now=clock())
                left = []
            events = left = claims.claim(now=clock())
            if events:
                process_batch(events=events, worker=worker, clock=clock)
            left = []
        except (OperationalError, InterfaceError) as error:
            log.warning("webhooks.database_away", error=type(error).__name__, leased=len(left), worker=worker)
            _let_go()
            stop.wait(BACK_OFF)
            continue
        if not events:
            stop.wait(POLL)
    _let_go()


@contextmanager
def drained(*, loops: int = LOOPS, failed: Callable[[], None] | None = None) -> Iterator[None]:
    """Drains in threads of this process while the block runs, and lets the batches under way end after it.

    ``failed`` is called, from the thread, when a loop ended by a bug.
    """
    stop = Event()

    def loop(name: str) -> None:
        try:
            keep_draining(stop=stop, worker=name)
        except BaseException:
            log.exception("webhooks.drainer_died", worker=name)
            if failed is not None:
                failed()
            raise

    threads = [Thread(target=loop, args=(f"{_here()}/{n}",), name=f"drainer-{n}") for n in range(loops)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _here() -> str:
    return f"{socket.gethostname()[:40]}:{os.getpid()}"


def _let_go() -> None:
    try:
        connection.close()
    except Error:  # quiet: a connection that is gone cannot be closed any better
        return
