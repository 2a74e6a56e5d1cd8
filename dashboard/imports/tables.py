"""The columns of the imports list."""

from datetime import timedelta
from typing import Any

from django.urls import reverse

from billing.jobs.models import Run
from dashboard.imports.counts import totals_of
from dashboard.lists import columns
from dashboard.parts.formatting import grouped


def address(run: Run) -> str:
    return reverse("imports:show", args=[run.pk])


def label(run: Run) -> str:
    return f"Import {run.pk}"


def took(run: Run) -> str:
    """How long it ran: 4 s, 12 min 5 s, 2 h 3 min; so far, while it runs. Empty before it has begun."""
    until = run.finished_at or run.heartbeat_at
    if run.started_at is None or until is None or until < run.started_at:
        return ""
    return duration(until - run.started_at)


def duration(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3_600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{grouped(seconds // 3_600)} h {seconds % 3_600 // 60} min"


def new_and_changed(run: Run) -> str:
    """12 new, 3 changed; nothing new."""
    totals = totals_of(run)
    parts = [
        f"{grouped(count)} {word}"
        for count, word in ((totals.created, "new"), (totals.changed, "changed"))
        if count
    ]
    return ", ".join(parts) or ("nothing new" if totals.seen else "")


class Label(columns.Reference):
    def render(self, value: Any, record: Run) -> Any:  # type: ignore[override]
        return columns.part("ref", columns.desk.ref(label(record), self.address(record)))


class ImportTable(columns.ListTable):
    number = Label("Import", address=address, accessor="pk")
    state = columns.State("run")
    started_by = columns.ListColumn("Started by", accessor="started_by_name", place="m1", dim=True)
    read = columns.Made("Read", lambda run: grouped(run.done), figures=True, place="m2")
    written = columns.Made("New and changed", new_and_changed, wide=True, dim=True)
    failed = columns.Made(
        "Failed", lambda run: grouped(run.failed) if run.failed else "", figures=True, wide=True
    )
    took = columns.Made("Took", took, figures=True, wide=True, dim=True)
    created = columns.Moment("Started", accessor="created_at", sort="created")
