"""What commitments can be narrowed by."""

from dashboard.lists import filters
from dashboard.parts.states import choices


class CommitmentFilters(filters.ListFilters):
    state = filters.Choices("state", "State", choices("commitment"))
    ends_from = filters.Day("ends_at", "Ends", "from")
    ends_to = filters.Day("ends_at", "Ends", "to")
    created_from = filters.Day("created_at", "Agreed", "from")
    created_to = filters.Day("created_at", "Agreed", "to")
    customer = filters.OfCustomer()
