"""Long work that people watch: it starts, goes on row by row, can be paused, and survives a kill.

A run's rows are written when it starts, so what it will touch is fixed then. Each row is done in a
transaction of its own together with its result: a run that is killed and taken up again does no row twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from procrastinate.contrib.django import app

from billing.errors import Conflict, Refused
from billing.history.actors import Actor
from billing.history.context import acting
from billing.jobs.kinds import kind_named, names
from billing.jobs.models import Run, RunRow, RunState
from billing.logs import add_facts, service

#: A running run that has not said anything for so long is taken for dead and may be taken up by another.
SILENT = timedelta(minutes=2)
BATCH = 500
DO_RUN = "jobs.do_run"
OVER = (RunState.DONE, RunState.FAILED, RunState.CANCELED)


@dataclass(frozen=True, slots=True)
class RowAsked:
    """A row to be done: what it stands for, and what people call it."""

    subject_id: int
    label: str
    url: str = ""


@service("jobs")
def start_run(
    *,
    kind: str,
    title: str,
    rows: Iterable[RowAsked],
    asked: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    form_key: str | None = None,
) -> Run:
    """Writes the run with all its rows and queues it, in one transaction. One `form_key` makes one run."""
    subject = kind_named(kind).subject
    with transaction.atomic():
        fields = _fields(kind, title, asked, actor, now)
        if form_key:
            run, made = Run.objects.get_or_create(form_key=form_key, defaults=fields)
            if not made:
                return run
        else:
            run = Run.objects.create(**fields)
        RunRow.objects.bulk_create(
            (
                RunRow(run=run, subject_kind=subject, subject_id=row.subject_id, label=row.label, url=row.url)
                for row in rows
            ),
            batch_size=1_000,
        )
        run.total = run.rows.count()
        run.save(update_fields=["total"])
        add_facts(run=run.pk, kind=kind, rows=run.total)
        enqueue(run.pk)
    return run


def _fields(kind: str, title: str, asked: Mapping[str, Any], actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "kind": kind,
        "title": title,
        "asked": dict(asked),
        "started_by_ref": actor.ref,
        "started_by_name": actor.name,
        "created_at": now,
    }


def enqueue(run_id: int) -> None:
    """Queues the run in the caller's transaction. Two workers on one run share its rows, each done once."""
    app.configure_task(DO_RUN).defer(run_id=run_id)


@service("jobs")
def do_run(*, run_id: int, clock: Any) -> Run:
    """Does the run's rows that are still to do, until they are done or somebody pauses or cancels it.

    `clock()` gives the moment. Safe to call again at any time, from any worker.
    """
    run = begin(run_id, now=clock())
    if run is None:
        return Run.objects.get(pk=run_id)
    kind = kind_named(run.kind)
    actor = Actor("person", run.started_by_ref, run.started_by_name)
    with acting(actor, request_id=f"run-{run.pk}"):
        while row_ids := _next_rows(run_id):
            for row_id in row_ids:
                if not _one(run_id, row_id, kind.handler, run.asked, actor, clock()):
                    return Run.objects.get(pk=run_id)
    return finish(run_id, now=clock())


def _next_rows(run_id: int) -> list[int]:
    rows = RunRow.objects.filter(run_id=run_id, ok=None).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:BATCH])


def begin(run_id: int, *, now: datetime) -> Run | None:
    """Marks the run as running; None when it is paused or over."""
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        if run.state not in (RunState.QUEUED, RunState.RUNNING):
            return None
        run.state = RunState.RUNNING
        run.started_at = run.started_at or now
        run.heartbeat_at = now
        run.save(update_fields=["state", "started_at", "heartbeat_at"])
        return run


def _one(run_id: int, row_id: int, handler: Any, asked: Any, actor: Actor, now: datetime) -> bool:
    """Does one row with its result; False when the run is no longer to go on."""
    with transaction.atomic():
        row = RunRow.objects.select_for_update().get(pk=row_id)
        if not Run.objects.filter(pk=run_id, state=RunState.RUNNING).exists():
            return False
        if row.ok is not None:
            return True
        try:
            with transaction.atomic():
                row.message, row.ok = handler(row, asked, actor=actor, now=now), True
        except Refused as refusal:
            row.message, row.ok = refusal.sentence, False
        row.message = row.message[:500]
        row.done_at = now
        row.save(update_fields=["message", "ok", "done_at"])
        failed = 0 if row.ok else 1
        Run.objects.filter(pk=run_id).update(
            done=F("done") + 1, failed=F("failed") + failed, heartbeat_at=now
        )
    return True


@service("jobs")
def finish(run_id: int, *, now: datetime, message: str = "") -> Run:
    """Marks the run as done; what failed stands in its rows."""
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        if run.state == RunState.RUNNING:
            run.state, run.finished_at, run.message = RunState.DONE, now, message or run.message
            run.save(update_fields=["state", "finished_at", "message"])
    return run


@service("jobs")
def pause_run(*, run: Run, actor: Actor, now: datetime) -> Run:
    """Stops after the row that is being done. Raises `Conflict` when it is over already."""
    return _turn(run, RunState.PAUSED, (RunState.QUEUED, RunState.RUNNING), "paused")


@service("jobs")
def resume_run(*, run: Run, actor: Actor, now: datetime) -> Run:
    """Goes on with the rows that are left; also one that fell silent."""
    with transaction.atomic():
        stale = Run.objects.select_for_update().get(pk=run.pk)
        if stale.state == RunState.RUNNING and not is_silent(stale, now):
            raise Conflict("run_is_running", "This work is under way already.")
        if stale.state in OVER:
            raise Conflict("run_is_over", "This work is over; there is nothing left to go on with.")
        stale.state = RunState.QUEUED
        stale.save(update_fields=["state"])
        enqueue(stale.pk)
    return stale


@service("jobs")
def cancel_run(*, run: Run, actor: Actor, now: datetime) -> Run:
    """Leaves the rest undone for good; what is done stays done."""
    canceled = _turn(run, RunState.CANCELED, (RunState.QUEUED, RunState.RUNNING, RunState.PAUSED), "canceled")
    Run.objects.filter(pk=run.pk).update(finished_at=now)
    return canceled


@service("jobs")
def retry_failed(*, run: Run, actor: Actor, now: datetime) -> Run:
    """Does the failed rows again. Raises `Conflict` when there are none, or when it is still under way."""
    with transaction.atomic():
        found = Run.objects.select_for_update().get(pk=run.pk)
        if found.state not in OVER:
            raise Conflict("run_is_running", "This work is still under way: wait for its end.")
        again = RunRow.objects.filter(run=found, ok=False).update(ok=None, message="", done_at=None)
        if not again:
            raise Conflict("run_has_no_failures", "No row of this work failed.")
        found.state, found.failed, found.done = RunState.QUEUED, 0, found.done - again
        found.finished_at = None
        found.save(update_fields=["state", "failed", "done", "finished_at"])
        enqueue(found.pk)
    return found


def is_silent(run: Run, now: datetime) -> bool:
    """Whether a running run has said nothing for so long that its worker must be gone."""
    return run.state == RunState.RUNNING and (run.heartbeat_at is None or run.heartbeat_at < now - SILENT)


@service("jobs")
def take_up_silent(*, now: datetime) -> int:
    """Queues the runs again whose worker was killed; how many there were."""
    silent = Run.objects.filter(
        kind__in=names(), state=RunState.RUNNING, heartbeat_at__lt=now - SILENT, rows__ok=None
    ).distinct()
    ids = list(silent.values_list("pk", flat=True)[:100])
    for run_id in ids:
        with transaction.atomic():
            Run.objects.filter(pk=run_id).update(heartbeat_at=now)
            enqueue(run_id)
    return len(ids)


def _turn(run: Run, to_state: str, allowed: tuple[str, ...], word: str) -> Run:
    with transaction.atomic():
        found = Run.objects.select_for_update().get(pk=run.pk)
        if found.state not in allowed:
            raise Conflict(
                "run_moved_on", f"This work is {found.get_state_display().lower()} and cannot be {word}."
            )
        found.state = to_state
        found.save(update_fields=["state"])
    return found
