"""An incident's credits above somebody's limit: one yes for a whole run of one currency."""

from datetime import datetime

from billing.approvals.actions import Action, Bound, register
from billing.approvals.models import Approval
from billing.errors import Conflict
from billing.history.actors import Actor
from billing.incidents.crediting import APPROVAL, bound_params, bound_reason
from billing.incidents.models import Incident
from billing.jobs.models import Run, RunState
from billing.jobs.services import enqueue
from billing.money import Money

__all__ = ["INCIDENT_CREDIT"]


def _locked(approval: Approval) -> Run:
    return Run.objects.select_for_update().get(pk=approval.target_id)


def _facts(approval: Approval) -> Bound:
    run = _locked(approval)
    incident = Incident.objects.get(pk=run.asked["incident"])
    amount = Money(sum(run.asked["amounts"].values()), run.asked["currency"])
    return Bound(f"run:{run.pk}", amount, bound_reason(incident), bound_params(run))


def _execute(approval: Approval, *, actor: Actor, now: datetime) -> str:
    run = _locked(approval)
    if run.state in (RunState.CANCELED, RunState.FAILED, RunState.DONE):
        raise Conflict("run_is_over", f"“{run.title}” is {run.get_state_display().lower()}.")
    run.asked = {**run.asked, "allowed_by": f"approved by {actor.name} ({approval.reference})"}
    run.state, run.message = RunState.QUEUED, ""
    run.save(update_fields=["asked", "state", "message"])
    enqueue(run.pk)
    return f"{run.title} is under way."


def _close(approval: Approval, *, state: str, actor: Actor, now: datetime, reason: str) -> None:
    run = _locked(approval)
    if run.state in (RunState.PAUSED, RunState.QUEUED, RunState.RUNNING):
        run.state, run.finished_at, run.message = RunState.CANCELED, now, f"{state}: {reason}"[:500]
        run.save(update_fields=["state", "finished_at", "message"])


INCIDENT_CREDIT = register(
    Action(APPROVAL, "Store credit for an outage", "approvals.decide_credits", _execute, _close, _facts)
)
