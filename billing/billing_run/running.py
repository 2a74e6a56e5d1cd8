"""A worker at a billing run: batch after batch, until nothing is due any more."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import OperationalError, transaction
from django.utils import timezone

from billing.billing_run.batches import BATCH, Batch, do_batch
from billing.billing_run.due import SUBJECT, Mark, waits
from billing.billing_run.outcome import Renew
from billing.billing_run.renewing import renew_batch
from billing.history.actors import Actor, system
from billing.history.context import acting
from billing.jobs.models import Run, RunRow, RunState
from billing.jobs.services import begin, finish
from billing.logs import add_facts, service

__all__ = ["BILLING_RUN", "work_on"]

BILLING_RUN = "billing_run"
ACTOR: Actor = system("billing run")
#: A batch that the database gave up, because of a deadlock, is tried so many times.
TRIES = 4
#: While others hold the last of what is due, it is looked at again so often, and so many seconds apart.
LOOKS, PAUSE = 60, 0.5


@service("billing_run")
def work_on(
    *,
    run_id: int,
    worker: str,
    clock: Callable[[], datetime] = timezone.now,
    renew: Renew = renew_batch,
    limit: int = BATCH,
    sleep: Callable[[float], Any] = time.sleep,
) -> Run:
    """Takes part in a run until nothing is left that is due, or somebody pauses or cancels it.

    As many workers as one likes may do so at once, from as many machines: each takes what nobody else
    holds. Killed at any moment, what it had not finished is still due, and the next worker takes it. Safe to
    call again at any time.
    """
    run = begin(run_id, now=clock())
    if run is None:
        return Run.objects.get(pk=run_id)
    until = datetime.fromisoformat(run.asked["until"])
    taken, looks = 0, 0
    after: Mark | None = None
    with acting(ACTOR, request_id=f"billing-run-{run_id}", reason=f"{run.title}, by {run.started_by_name}"):
        while looks < LOOKS:
            batch = _batch(run_id, until, after, renew, worker, clock, limit)
            if batch is None:
                break
            taken += batch.taken
            if batch.taken:
                after, looks = batch.last, 0
            elif after is not None:
                # Once more from the start: for what was renewed into the past, and what others held.
                after = None
            elif not waits(until, run_id):
                _settle(run_id, clock())
                break
            else:
                looks += 1
                sleep(PAUSE)
    add_facts(run=run_id, worker=worker, taken=taken)
    return Run.objects.get(pk=run_id)


def _batch(
    run_id: int,
    until: datetime,
    after: Mark | None,
    renew: Renew,
    worker: str,
    clock: Callable[[], datetime],
    limit: int,
) -> Batch | None:
    for left in reversed(range(TRIES)):
        try:
            with _uncollected():
                return do_batch(
                    run_id, until=until, after=after, renew=renew, worker=worker, actor=ACTOR, now=clock(),
                    limit=limit,
                )  # fmt: skip
        except OperationalError:
            if not left:
                raise
    return None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Cycles are looked for after a batch, not in it: its rows all live until its end, and to go through them
    again and again took a fifth of a batch's time in Python."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _settle(run_id: int, now: datetime) -> None:
    """Ends the run; what was to be tried again and is not due any more says so."""
    with transaction.atomic():
        waiting = RunRow.objects.filter(run_id=run_id, subject_kind=SUBJECT, ok=None)
        waiting.update(ok=True, message="Not due any more when it was tried again", done_at=now)
        finish(run_id, now=now)
    run = Run.objects.get(pk=run_id)
    if run.state == RunState.DONE:
        add_facts(done=run.done, failed=run.failed)
