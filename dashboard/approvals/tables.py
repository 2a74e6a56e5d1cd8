"""The columns of the list of requests."""

from django.urls import reverse
from django.utils import timezone

from billing.approvals.actions import action_named
from billing.approvals.models import Approval
from billing.approvals.rules import Units, measured
from dashboard.lists import columns
from dashboard.parts.formatting import relative


def address(approval: Approval) -> str:
    return reverse("approvals:show", args=[approval.reference])


def amount_words(approval: Approval) -> str:
    """The amount as a cell: money in the viewer's notation, units of credits as a count."""
    amount = measured(approval.amount_minor, approval.currency)
    return str(amount) if isinstance(amount, Units) else columns.part("money", columns.desk.money(amount))


def action_label(approval: Approval) -> str:
    return action_named(approval.action).label


def expires(approval: Approval) -> str:
    return relative(approval.expires_at, timezone.now()) if approval.state == "requested" else ""


class ApprovalTable(columns.ListTable):
    reference = columns.Reference(address=address)
    state = columns.State("approval")
    action = columns.Made("Action", action_label, wide=True, dim=True)
    customer = columns.CustomerName()
    amount = columns.Made("Amount", amount_words, figures=True, place="m2")
    asked_by = columns.ListColumn("Asked by", accessor="asked_by_name", wide=True)
    decided_by = columns.ListColumn("Decided by", accessor="decided_by_name", wide=True, dim=True)
    expires = columns.Made("Expires", expires, wide=True, dim=True)
    asked = columns.Moment("Asked", accessor="asked_at", sort="asked")
