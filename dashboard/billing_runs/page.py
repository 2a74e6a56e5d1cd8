"""What a billing run's page and peek say: facts, progress, sums, failures, and what may be done."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from billing.billing_run.queries import failures_of, told_of, workers_of
from billing.jobs.models import Run, RunState
from billing.jobs.services import OVER, is_silent
from dashboard.actions.offers import offer
from dashboard.actions.related import link
from dashboard.billing_runs import sums
from dashboard.billing_runs.words import duration_of, is_dry, label, until_of
from dashboard.parts.entries import Action, Fact, Notice, Progress
from dashboard.parts.formatting import grouped, relative

SHOWN = 100
PERMISSION = "billing_runs.run"


def is_live(run: Run) -> bool:
    return run.state in (RunState.QUEUED, RunState.RUNNING)


def actions(run: Run, user: Any) -> list[Action]:
    """Hold it, let it go on, leave the rest; afterwards try again what failed."""
    may = {"permission": PERMISSION}
    resumes = run.state == RunState.PAUSED or is_silent(run, timezone.now())
    offered: list[Action] = []
    if resumes:
        offered += offer(
            user, "Resume", "billing_runs:resume", [run.pk], icon="player-play", kind="primary",
            method="post", **may,
        )  # fmt: skip
    elif is_live(run) and not is_dry(run):
        offered += offer(
            user, "Pause", "billing_runs:pause", [run.pk], icon="player-pause", method="post", **may
        )
    if run.state not in OVER:
        offered += offer(
            user, "Leave the rest…", "billing_runs:cancel", [run.pk], icon="ban", kind="danger", **may
        )
    elif run.failed and not is_dry(run):
        offered += offer(
            user, "Try the failed again", "billing_runs:retry", [run.pk], icon="refresh", kind="primary",
            method="post", **may,
        )  # fmt: skip
    elif is_dry(run):
        offered += offer(user, "Dry run…", "billing_runs:dry", icon="flask", **may)
    return offered


def notices(run: Run, now: datetime) -> list[Notice]:
    """The sentence that changes what one does."""
    if is_silent(run, now):
        when = relative(run.heartbeat_at, now) if run.heartbeat_at else "never"
        return [
            Notice(
                f"Its workers seem to be gone: the last news came {when}",
                "Another worker takes it up by itself within minutes. What was not finished is still due; "
                "nobody is billed twice.",
                "wait",
            )
        ]
    if run.state == RunState.CANCELED:
        return [Notice("The rest was left", "What is due is billed by the next run.", "idle")]
    if is_dry(run):
        return [Notice("Nothing is written by this", "It works out what billing would bring.", "look")]
    return []


def facts(run: Run, told: Any) -> list[Fact]:
    if is_dry(run):
        counts = run.result.get("counts", {})
        invoices = sum(each["invoices"] for each in run.result.get("sums", {}).values())
        return [
            Fact("Subscriptions", run.done),
            Fact("Invoices", invoices),
            Fact("Trials that go on", counts.get("converted", 0)),
            Fact("Plans that change", counts.get("changed", 0)),
            Fact("End", sum(counts.get(name, 0) for name in ("ended", "trial_ended", "trial_paused"))),
            Fact("Could not be billed", run.failed),
        ]
    return [
        Fact("Renewed", told.renewed),
        Fact("Invoices", told.invoices),
        Fact("Ended", told.ended),
        Fact("Failed", run.failed),
        Fact("Invoices a second", pace(run, told.invoices)),
        Fact("Took", duration_of(run) or "not begun"),
    ]


def pace(run: Run, invoices: int) -> str:
    """Over the whole run, all workers together."""
    until = run.finished_at or run.heartbeat_at
    if run.started_at is None or until is None or not invoices:
        return ""
    seconds = max((until - run.started_at) / timedelta(seconds=1), 1)
    return grouped(round(invoices / seconds))


def progress(run: Run, now: datetime) -> Progress:
    return Progress(
        state=run.state,
        done=run.done,
        total=run.total,
        label=label(run),
        left=_left(run, now),
        failed=run.failed,
        failed_url="#failed" if run.failed else "",
        id=f"billing-run-{run.pk}-bar",
    )


def _left(run: Run, now: datetime) -> str:
    if run.state == RunState.QUEUED:
        return "Waits for a worker."
    if run.state == RunState.DONE:
        return f"{grouped(run.done - run.failed)} done."
    if run.state != RunState.RUNNING or not run.done or not run.total or run.started_at is None:
        return ""
    left = (now - run.started_at) * max(run.total - run.done, 0) / run.done
    if left < timedelta(seconds=60):
        return "Less than a minute left."
    return f"About {grouped(round(left / timedelta(minutes=1)))} minutes left."


def pairs(run: Run) -> list[Fact]:
    told = [
        Fact("Bills up to", until_of(run)),
        Fact("Started by", run.started_by_name),
        Fact("Started", run.created_at),
    ]
    if run.finished_at:
        told.append(Fact("Ended", run.finished_at))
    elif run.heartbeat_at:
        told.append(Fact("Last news", run.heartbeat_at))
    return told


def moving(run: Run, user: Any) -> dict[str, Any]:
    """What changes while it runs."""
    now = timezone.now()
    told = None if is_dry(run) else told_of(run)
    return {
        "work": run,
        "dry": is_dry(run),
        "live": is_live(run),
        "run": progress(run, now),
        "notices": notices(run, now),
        "facts": facts(run, told),
        "currencies": sums.of_dry(run) if told is None else sums.of_told(told),
        "workers": [] if told is None else workers_of(run),
    }


def context(run: Run, user: Any, *, after: int = 0) -> dict[str, Any]:
    failed, more = failures_of(run, after=after, limit=SHOWN)
    return {
        **moving(run, user),
        "heading": label(run),
        "pairs": pairs(run),
        "actions": actions(run, user),
        "failures": [
            (each, link("subscriptions:show", each.reference, user, "subscriptions.view")) for each in failed
        ],
        "more_after": more,
        "shown_failures": SHOWN,
        "differences": sums.differences(run, user),
        "days": sums.days(run),
        "before": sums.month_before(run),
    }


def peek(run: Run, user: Any) -> dict[str, Any]:
    told = None if is_dry(run) else told_of(run)
    return {
        "work": run,
        "pairs": pairs(run),
        "currencies": sums.of_dry(run) if told is None else sums.of_told(told),
        "dry": is_dry(run),
        "url": reverse("billing_runs:show", args=[run.pk]),
        "peek_actions": actions(run, user),
    }
