"""What disputes can be narrowed by."""

from dashboard.lists import filters
from dashboard.parts.states import choices


class DisputeFilters(filters.ListFilters):
    state = filters.Choices("state", "State", choices("dispute"))
    due_from = filters.Day("evidence_due_at", "Answer by", "from")
    due_to = filters.Day("evidence_due_at", "Answer by", "to")
    created_from = filters.Day("created_at", "Opened", "from")
    created_to = filters.Day("created_at", "Opened", "to")
    customer = filters.OfCustomer()
