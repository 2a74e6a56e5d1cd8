"""What messages can be narrowed by."""

from billing.messages.kinds import KINDS
from dashboard.lists import filters
from dashboard.parts.states import choices


def kinds() -> list[tuple[str, str]]:
    return [(kind.name, kind.label) for kind in KINDS.values()]


class MessageFilters(filters.ListFilters):
    state = filters.Choices("state", "State", choices("message"))
    kind = filters.Choices("kind", "About", kinds)
    customer = filters.OfCustomer()
    created_from = filters.Day("created_at", "Written", "from")
    created_to = filters.Day("created_at", "Written", "to")
