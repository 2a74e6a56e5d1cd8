"""The columns of the commitments list."""

from django.urls import reverse

from billing.subscriptions.commitments.models import Commitment
from billing.subscriptions.listing import monthly_of, plan_of
from dashboard.lists import columns


def address(commitment: Commitment) -> str:
    return reverse("commitments:show", args=[commitment.reference])


def plan(commitment: Commitment) -> str:
    return plan_of(commitment.subscription)


def per_month(commitment: Commitment) -> str:
    worth = monthly_of(commitment.subscription)
    return columns.part("money", columns.desk.money(worth)) if worth.minor else ""


def watch(commitment: Commitment) -> str:
    """What the watch found last, where something is watched."""
    if commitment.cancel_asked_at is None:
        return "Renews" if commitment.renews and commitment.state == "agreed" else ""
    return commitment.found or "Not looked at yet"


class CommitmentTable(columns.ListTable):
    reference = columns.Reference(address=address)
    state = columns.State("commitment")
    customer = columns.CustomerName()
    plan = columns.Made("Plan", plan, wide=True, dim=True)
    per_month = columns.Made("Per month", per_month, figures=True, place="m2")
    looked = columns.Moment("Looked at", accessor="watched_at", wide=True)
    watch = columns.Made("The watch", watch, wide=True, dim=True, shown=False)
    ends = columns.Day("Ends", accessor="ends_on", sort="ends")
    created = columns.Moment("Agreed", accessor="created_at", sort="created", wide=True, shown=False)
