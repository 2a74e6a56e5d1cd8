"""Runs as a screen shows them: progress in words, and which rows failed."""

from datetime import datetime, timedelta

from django.urls import reverse

from billing.jobs.models import Run, RunRow
from billing.jobs.services import is_silent
from dashboard.parts.entries import Progress
from dashboard.parts.formatting import grouped

SHOWN = 200


def progress_of(run: Run, now: datetime, *, may_steer: bool) -> Progress:
    """The run for `parts/progress.html`, with pause or resume for whoever may."""
    steer = reverse("runs:pause", args=[run.pk]) if run.state in ("queued", "running") else ""
    resume = reverse("runs:resume", args=[run.pk]) if run.state == "paused" or is_silent(run, now) else ""
    return Progress(
        state=run.state,
        done=run.done,
        total=run.total,
        label=run.title,
        url=reverse("runs:progress", args=[run.pk]),
        left=time_left(run, now),
        failed=run.failed,
        failed_url=reverse("runs:show", args=[run.pk]) + "?show=failed" if run.failed else "",
        pause_url=steer if may_steer and not resume else "",
        resume_url=resume if may_steer else "",
        id=f"run-{run.pk}",
    )


def time_left(run: Run, now: datetime) -> str:
    """About 2 minutes left, from the pace so far; nothing while there is no pace."""
    if is_silent(run, now):
        return "It has said nothing for two minutes; another worker takes it up by itself."
    if run.state == "done":
        return f"{grouped(run.done - run.failed)} done."
    if run.state != "running" or not run.done or not run.total or run.started_at is None:
        return "Waits for a worker." if run.state == "queued" else ""
    left = (now - run.started_at) * (run.total - run.done) / run.done
    if left < timedelta(seconds=60):
        return "Less than a minute left."
    return f"About {grouped(round(left / timedelta(minutes=1)))} minutes left."


def rows_of(run: Run, *, only_failed: bool, after: int = 0) -> tuple[list[RunRow], int]:
    """The rows behind one, with their results; failed ones only when asked. And behind which row the next
    page begins; 0 where this is the last."""
    rows = RunRow.objects.filter(run=run, pk__gt=after)
    if only_failed:
        rows = rows.filter(ok=False)
    found = list(rows.order_by("pk")[: SHOWN + 1])
    return found[:SHOWN], found[SHOWN - 1].pk if len(found) > SHOWN else 0
