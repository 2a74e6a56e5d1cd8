"""An incident's credits above somebody's limit: one yes for a whole run of one currency."""

from billing.approvals.actions import Action, Bound, register
from billing.approvals.models import Approval
from billing.approvals.runs import cancel_run, locked_run, queue_run
from billing.incidents.crediting import APPROVAL, bound_params, bound_reason
from billing.incidents.models import Incident
from billing.money import Money

__all__ = ["INCIDENT_CREDIT"]


def _facts(approval: Approval) -> Bound:
    run = locked_run(approval)
    incident = Incident.objects.get(pk=run.asked["incident"])
    amount = Money(sum(run.asked["amounts"].values()), run.asked["currency"])
    return Bound(f"run:{run.pk}", amount, bound_reason(incident), bound_params(run))


INCIDENT_CREDIT = register(
    Action(APPROVAL, "Store credit for an outage", "approvals.decide_credits", queue_run, cancel_run, _facts)
)
