"""The columns of the disputes list."""

from django.urls import reverse

from billing.disputes.models import Dispute
from billing.money import Money
from dashboard.disputes.words import reason_words
from dashboard.lists import columns


def address(dispute: Dispute) -> str:
    return reverse("disputes:show", args=[dispute.reference])


def withdrawn(dispute: Dispute) -> str:
    """What the gateway has taken and not given back, or nothing at all."""
    if not dispute.withdrawn_minor:
        return ""
    return columns.part("money", columns.desk.money(Money(dispute.withdrawn_minor, dispute.currency)))


class DisputeTable(columns.ListTable):
    reference = columns.Reference(address=address)
    state = columns.State("dispute")
    customer = columns.CustomerName()
    reason = columns.Made("Reason", reason_words, wide=True, dim=True)
    amount = columns.Amount(accessor="amount_minor", place="m2")
    withdrawn = columns.Made("Withdrawn", withdrawn, figures=True, wide=True, shown=False)
    due = columns.Moment("Answer by", accessor="evidence_due_at", sort="due")
    created = columns.Moment("Opened", accessor="created_at", sort="created", wide=True)
