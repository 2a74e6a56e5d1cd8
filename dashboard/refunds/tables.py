"""The columns of the refunds list."""

from django.urls import reverse

from billing.payments.queries import gateway_name, method_words
from billing.refunds.models import Refund
from dashboard.lists import columns
from dashboard.parts.states import State, state_of


def address(refund: Refund) -> str:
    return reverse("refunds:show", args=[refund.reference])


def is_unseen(refund: Refund) -> bool:
    """Made at the gateway, and nobody here has looked at it."""
    return refund.origin == "gateway" and refund.seen_at is None


def state_to_show(refund: Refund) -> State:
    """Its state; until somebody has seen a refund made outside, that it is one."""
    return state_of("refund", "unseen" if is_unseen(refund) else refund.state)


class RefundTable(columns.ListTable):
    reference = columns.Reference(address=address)
    state = columns.Made(
        "State", lambda refund: columns.part("state", columns.desk.state(state_to_show(refund))), place="m3"
    )
    customer = columns.CustomerName()
    reason = columns.ListColumn("Reason", wide=True, dim=True)
    method = columns.Made("Back to", lambda refund: method_words(refund.payment), wide=True, dim=True)
    amount = columns.Amount(accessor="amount_minor", sort="amount", place="m2")
    asked_by = columns.ListColumn("Asked by", accessor="asked_by_name", wide=True, dim=True, shown=False)
    gateway = columns.Made(
        "Gateway", lambda refund: gateway_name(refund.gateway), wide=True, dim=True, shown=False
    )
    gateway_id = columns.ListColumn("Gateway's id", wide=True, dim=True, shown=False)
    created = columns.Moment("Created", accessor="created_at", sort="created")
