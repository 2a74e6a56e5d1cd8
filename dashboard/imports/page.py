"""What an import's page and peek say: facts, progress, failures, and what may be done."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from billing.imports.services import is_stale
from billing.jobs.models import Run, RunState
from dashboard.actions.offers import offer
from dashboard.imports.counts import stages_of, totals_of
from dashboard.imports.failures import SHOWN, failures_of
from dashboard.imports.tables import took
from dashboard.parts.entries import Action, Fact, Notice, Progress
from dashboard.parts.formatting import grouped, relative

UNFINISHED = (RunState.QUEUED, RunState.RUNNING)


def is_live(run: Run) -> bool:
    return run.state in UNFINISHED


def is_silent(run: Run, now: datetime) -> bool:
    return is_live(run) and is_stale(run, now)


def account_words(run: Run) -> str:
    """Which account was read, as the import remembers it."""
    server, mode = run.asked.get("server", ""), run.asked.get("mode", "")
    return f"{server}, {mode} key" if server and mode else server or "not recorded"


def facts(run: Run) -> list[Fact]:
    totals = totals_of(run)
    return [
        Fact("Read", totals.seen),
        Fact("New", totals.created),
        Fact("Changed", totals.changed),
        Fact("Unchanged", totals.same),
        Fact("Failed", run.failed),
        Fact("Took", took(run) or "not begun"),
    ]


def pairs(run: Run, *, news: bool = False) -> list[Fact]:
    told = [
        Fact("Account", account_words(run)),
        Fact("Started by", run.started_by_name),
        Fact("Started", run.created_at),
    ]
    if run.finished_at:
        told.append(Fact("Ended", run.finished_at))
    elif news and run.heartbeat_at:
        told.append(Fact("Last news", run.heartbeat_at))
    return told


def actions(run: Run, user: Any) -> list[Action]:
    """Resume what stopped, cancel what is not over, start another."""
    now = timezone.now()
    offered: list[Action] = []
    if run.state == RunState.FAILED or is_silent(run, now):
        offered += offer(
            user,
            "Resume",
            "imports:resume",
            [run.pk],
            permission="imports.run",
            icon="player-play",
            kind="primary",
            method="post",
        )
    if run.state not in (RunState.DONE, RunState.CANCELED):
        offered += offer(
            user,
            "Cancel…",
            "imports:cancel",
            [run.pk],
            permission="imports.run",
            icon="ban",
            kind="danger",
        )
    else:
        offered += offer(user, "Import again…", "imports:new", permission="imports.run", icon="refresh")
    return offered


def notices(run: Run, now: datetime) -> list[Notice]:
    """The sentence that changes what one does."""
    if run.state == RunState.FAILED:
        return [Notice("The import has stopped", run.message or "It may be resumed where it stopped.", "bad")]
    if is_silent(run, now):
        when = relative(run.heartbeat_at, now) if run.heartbeat_at else "never"
        told = "No worker has taken it up" if run.state == RunState.QUEUED else "Its worker seems to be gone"
        return [
            Notice(
                f"{told}: the last news came {when}",
                "A worker takes it up by itself within minutes. If none does, see that one is running, "
                "then press Resume: it goes on where it stopped.",
                "wait",
            )
        ]
    if run.state == RunState.CANCELED:
        return [Notice(run.message or "The import was canceled", "What it had recorded stays.", "idle")]
    if run.message:
        return [Notice(run.message, "", "wait")]
    return []


def progress(run: Run, now: datetime) -> Progress:
    """The bar: stages done of all, since Stripe does not say how many objects an account has."""
    stages = stages_of(run)
    done = sum(stage.state == "done" for stage in stages)
    return Progress(
        state=run.state,
        done=done,
        total=len(stages),
        label="Stages of the import",
        left=_left(run, now),
        id=f"import-{run.pk}-bar",
    )


def _left(run: Run, now: datetime) -> str:
    objects = f"{grouped(run.done)} objects read so far."
    if run.state == RunState.QUEUED:
        return "Waits for a worker."
    if run.state == RunState.RUNNING:
        news = f" Last news {relative(run.heartbeat_at, now)}." if run.heartbeat_at else ""
        return f"{run.stage or 'Beginning'}. {objects}{news}"
    return objects if run.state != RunState.DONE else f"{grouped(run.done)} objects read."


def moving(run: Run, user: Any) -> dict[str, Any]:
    """What changes while it runs."""
    now = timezone.now()
    return {
        "work": run,
        "live": is_live(run),
        "run": progress(run, now),
        "stages": stages_of(run, user),
        "notices": notices(run, now),
        "facts": facts(run),
    }


def context(run: Run, user: Any, *, after: int = 0) -> dict[str, Any]:
    failed, more = failures_of(run, user, after=after)
    return {
        **moving(run, user),
        "number": str(run.pk),
        "pairs": pairs(run),
        "actions": actions(run, user),
        "failures": failed,
        "more_after": more,
        "shown_failures": SHOWN,
    }
