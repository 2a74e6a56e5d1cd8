"""What requests can be narrowed by."""

from billing.approvals.actions import all_actions
from dashboard.lists import filters
from dashboard.parts.states import choices


def actions() -> list[tuple[str, str]]:
    return [(action.name, action.label) for action in all_actions()]


class ApprovalFilters(filters.ListFilters):
    state = filters.Choices("state", "State", choices("approval"))
    action = filters.Choices("action", "Action", actions)
    customer = filters.OfCustomer()
    asked_from = filters.Day("asked_at", "Asked", "from")
    asked_to = filters.Day("asked_at", "Asked", "to")
