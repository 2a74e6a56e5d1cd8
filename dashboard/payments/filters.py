"""What payments can be narrowed by."""

from billing.payments.queries import currencies_in_use, gateway_name
from dashboard.lists import filters
from dashboard.parts.states import choices


def currencies() -> list[tuple[str, str]]:
    return [(code, code) for code in currencies_in_use()]


class PaymentFilters(filters.ListFilters):
    state = filters.Choices("state", "State", choices("payment"))
    gateway = filters.Choices(
        "gateway", "Gateway", [(name, gateway_name(name)) for name in ("stripe", "sandbox")]
    )
    currency = filters.Choices("currency", "Currency", currencies)
    last4 = filters.LastFour()
    amount_min = filters.Amount("amount_minor", "Amount", "gte", currencies_in_use)
    amount_max = filters.Amount("amount_minor", "Amount", "lte", currencies_in_use)
    created_from = filters.Day("created_at", "Created", "from")
    created_to = filters.Day("created_at", "Created", "to")
    customer = filters.OfCustomer()
