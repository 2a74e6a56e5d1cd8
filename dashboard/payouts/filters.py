"""What payouts can be narrowed by."""

from dashboard.lists import filters
from dashboard.parts.states import choices


class PayoutFilters(filters.ListFilters):
    state = filters.Choices("state", "State", choices("payout"))
    created_from = filters.Day("created_at", "Created", "from")
    created_to = filters.Day("created_at", "Created", "to")
