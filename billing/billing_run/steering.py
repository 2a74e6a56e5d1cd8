"""Holding a billing run, letting it go on, ending it, and trying again what failed."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from billing.billing_run.due import SUBJECT
from billing.billing_run.starting import BILLING_RUN, queue_again
from billing.errors import Conflict
from billing.history.actors import Actor
from billing.jobs import services as jobs
from billing.jobs.models import Run, RunRow, RunState
from billing.logs import service

__all__ = ["cancel", "pause", "resume", "retry_failed"]


@service("billing_run")
def pause(*, run: Run, actor: Actor, now: datetime) -> Run:
    """Each worker stops after the batch it is at. Raises `Conflict` when the run is over."""
    return jobs.pause_run(run=run, actor=actor, now=now)


@service("billing_run")
def cancel(*, run: Run, actor: Actor, now: datetime) -> Run:
    """Leaves the rest; what is billed stays billed, and what is due is billed by the next run."""
    return jobs.cancel_run(run=run, actor=actor, now=now)


@service("billing_run")
@transaction.atomic
def resume(*, run: Run, actor: Actor, now: datetime) -> Run:
    """Goes on with what is still due. Raises `Conflict` for a run that is at work or over."""
    found = Run.objects.select_for_update().get(pk=run.pk)
    if found.state in jobs.OVER:
        raise Conflict("run_is_over", "This run is over; what is due is billed by the next one.")
    if found.state == RunState.RUNNING and not jobs.is_silent(found, now):
        raise Conflict("run_is_running", "This run is under way already.")
    found.state = RunState.QUEUED
    found.save(update_fields=["state"])
    queue_again(found.pk, found.kind)
    return found


@service("billing_run")
@transaction.atomic
def retry_failed(*, run: Run, actor: Actor, now: datetime) -> Run:
    """Tries again what failed, in the same run. Raises `Conflict` when nothing did, or before its end."""
    found = Run.objects.select_for_update().get(pk=run.pk)
    if found.kind != BILLING_RUN or found.state not in jobs.OVER:
        raise Conflict("run_is_running", "This run is still under way: wait for its end.")
    failed = RunRow.objects.filter(run=found, subject_kind=SUBJECT, ok=False)
    again = failed.update(ok=None, message="Waits to be tried again", done_at=None)
    if not again:
        raise Conflict("run_has_no_failures", "Nothing in this run failed.")
    Run.objects.filter(pk=found.pk).update(
        state=RunState.QUEUED, failed=0, done=F("done") - again, finished_at=None, heartbeat_at=now
    )
    queue_again(found.pk, found.kind)
    found.refresh_from_db()
    return found
