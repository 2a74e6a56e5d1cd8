"""What a billing run is called, where it stands, and how it is told in a few words."""

from datetime import datetime

from django.urls import reverse

from billing.billing_run.starting import DRY_RUN
from billing.jobs.models import Run
from dashboard.parts.formatting import grouped

__all__ = ["address", "duration_of", "is_dry", "label", "moved", "until_of"]


def is_dry(run: Run) -> bool:
    return run.kind == DRY_RUN


def label(run: Run) -> str:
    return f"{'Dry run' if is_dry(run) else 'Billing run'} {run.pk}"


def address(run: Run) -> str:
    return reverse("billing_runs:show", args=[run.pk])


def until_of(run: Run) -> datetime:
    """Up to when periods have ended that it bills."""
    return datetime.fromisoformat(run.asked["until"])


def moved(run: Run) -> str:
    """1,200 renewed; what a dry run looked at."""
    return grouped(run.done - run.failed) if run.done else ""


def duration_of(run: Run) -> str:
    """How long it ran: 4 s, 12 min 5 s, 2 h 3 min; so far, while it runs. Empty before it has begun."""
    until = run.finished_at or run.heartbeat_at
    if run.started_at is None or until is None or until < run.started_at:
        return ""
    seconds = int((until - run.started_at).total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3_600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{grouped(seconds // 3_600)} h {seconds % 3_600 // 60} min"
