"""Starting an import, resuming one that stopped, canceling one; `run_import` carries it out."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import connection, transaction

from billing.errors import Conflict, Missing
from billing.history.actors import Actor
from billing.imports import queue
from billing.imports.running import LOCK, run_import
from billing.jobs.models import Run, RunState
from billing.logs import service

__all__ = ["cancel_import", "resume_import", "resume_interrupted", "run_import", "start_import"]

KIND = "stripe_import"
#: A run whose heart has not beaten for so long was killed: its longest pause is a minute.
STALE = timedelta(minutes=3)
UNFINISHED = (RunState.QUEUED, RunState.RUNNING)


@service("imports")
@transaction.atomic
def start_import(
    *,
    actor: Actor,
    form_key: str,
    now: datetime,
    enqueue: bool = True,
    asked: Mapping[str, str] | None = None,
) -> Run:
    """Starts an import of the whole Stripe account; the same form gives the same run. ``asked`` says, for
    whoever reads it later, which account that was: never a key.

    Raises `Conflict` while another one is under way (code ``import_running``).
    """
    _one_at_a_time()
    known = Run.objects.filter(form_key=form_key).first()
    if known is not None:
        return known
    if under_way := Run.objects.filter(kind=KIND, state__in=UNFINISHED).first():
        raise _busy(under_way)
    run = Run.objects.create(
        kind=KIND,
        title="Import from Stripe",
        state=RunState.QUEUED,
        asked=dict(asked or {}),
        form_key=form_key,
        started_by_ref=actor.ref,
        started_by_name=actor.name,
        created_at=now,
        heartbeat_at=now,
    )
    if enqueue:
        queue.defer_run(run.pk)
    return run


@service("imports")
@transaction.atomic
def resume_import(*, run_id: int, actor: Actor, now: datetime, enqueue: bool = True) -> Run:
    """Lets a run that failed, or whose process was killed, go on where it stopped.

    Raises `Conflict` for one that is at work or at its end, `Missing` for one that does not exist.
    """
    _one_at_a_time()
    run = Run.objects.select_for_update().filter(pk=run_id, kind=KIND).first()
    if run is None:
        raise Missing("import_unknown", "This import does not exist.")
    other = Run.objects.filter(kind=KIND, state__in=UNFINISHED).exclude(pk=run.pk).first()
    if other is not None:
        raise _busy(other)
    if run.state in (RunState.DONE, RunState.CANCELED):
        raise Conflict("import_ended", "This import has ended; start another one.")
    if run.state in UNFINISHED and not is_stale(run, now):
        raise _busy(run)
    run.state, run.message, run.heartbeat_at = RunState.QUEUED, "", now
    run.save(update_fields=["state", "message", "heartbeat_at"])
    if enqueue:
        queue.defer_run(run.pk)
    return run


@service("imports")
@transaction.atomic
def cancel_import(*, run_id: int, actor: Actor, now: datetime) -> Run:
    """Stops a run after the page that it is at; what it has recorded stays."""
    run = Run.objects.select_for_update().filter(pk=run_id, kind=KIND).first()
    if run is None:
        raise Missing("import_unknown", "This import does not exist.")
    if run.state not in (RunState.DONE, RunState.CANCELED):
        run.state, run.finished_at, run.message = RunState.CANCELED, now, f"Canceled by {actor.name}."[:500]
        run.save(update_fields=["state", "finished_at", "message"])
    return run


@service("imports")
def resume_interrupted(*, now: datetime) -> int:
    """Gives runs whose process was killed another job; gives how many."""
    with transaction.atomic():
        _one_at_a_time()
        rows = Run.objects.select_for_update().filter(
            kind=KIND, state__in=UNFINISHED, heartbeat_at__lt=now - STALE
        )
        runs = list(rows)
        for run in runs:
            run.heartbeat_at = now
            run.save(update_fields=["heartbeat_at"])
            queue.defer_run(run.pk)
    return len(runs)


def is_stale(run: Run, now: datetime) -> bool:
    """Whether the process behind an unfinished run has gone."""
    return run.heartbeat_at is None or now - run.heartbeat_at > STALE


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK + 1])


def _busy(run: Run) -> Conflict:
    return Conflict(
        "import_running",
        f"An import started by {run.started_by_name} is under way. Wait for it, or cancel it first.",
        facts={"run": run.pk},
    )
