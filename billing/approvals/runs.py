"""A whole run behind one yes: paused while it waits, queued when it is allowed, canceled when it is not."""

from datetime import datetime

from billing.approvals.models import Approval
from billing.errors import Conflict
from billing.history.actors import Actor
from billing.jobs.models import Run, RunState
from billing.jobs.services import enqueue

__all__ = ["cancel_run", "locked_run", "queue_run"]


def locked_run(approval: Approval) -> Run:
    """The run that the approval is for, under its lock."""
    return Run.objects.select_for_update().get(pk=approval.target_id)


def queue_run(approval: Approval, *, actor: Actor, now: datetime) -> str:
    """Lets the run begin, with who allowed it among what was asked; an action's `execute`.

    Raises `Conflict` for a run that is over.
    """
    run = locked_run(approval)
    if run.state in (RunState.CANCELED, RunState.FAILED, RunState.DONE):
        raise Conflict("run_is_over", f"“{run.title}” is {run.get_state_display().lower()}.")
    run.asked = {**run.asked, "allowed_by": f"approved by {actor.name} ({approval.reference})"}
    run.state, run.message = RunState.QUEUED, ""
    run.save(update_fields=["asked", "state", "message"])
    enqueue(run.pk)
    return f"{run.title} is under way."


def cancel_run(approval: Approval, *, state: str, actor: Actor, now: datetime, reason: str) -> None:
    """Cancels the run whose request came to nothing, unless it is over; an action's `close`."""
    run = locked_run(approval)
    if run.state in (RunState.PAUSED, RunState.QUEUED, RunState.RUNNING):
        run.state, run.finished_at, run.message = RunState.CANCELED, now, f"{state}: {reason}"[:500]
        run.save(update_fields=["state", "finished_at", "message"])
