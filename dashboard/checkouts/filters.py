"""What checkouts can be narrowed by."""

from dashboard.lists import filters
from dashboard.parts.states import choices


class CheckoutFilters(filters.ListFilters):
    state = filters.Choices("state", "State", choices("checkoutsession"))
    created_from = filters.Day("created_at", "Opened", "from")
    created_to = filters.Day("created_at", "Opened", "to")
    customer = filters.OfCustomer()
