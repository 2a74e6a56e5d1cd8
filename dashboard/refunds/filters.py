"""What refunds can be narrowed by."""

from functools import reduce

from django.utils import timezone

from billing.payments.queries import currencies_in_use, gateway_name
from billing.refunds.models import Refund, RefundOrigin, RefundReason, RefundState
from billing.refunds.queries import NEEDS
from dashboard.lists import filters
from dashboard.queues.queries import sleeping


def currencies() -> list[tuple[str, str]]:
    return [(code, code) for code in currencies_in_use()]


class Needs(filters.Choices):
    """What asks for a person, of one or several kinds; what somebody snoozed is left out."""

    one_each = False

    def filter(self, qs: filters.Rows, value: list[str]) -> filters.Rows:
        if not value:
            return qs
        now = timezone.now()
        # Each kind has an index of its own and leaves few rows: found one by one, then put together.
        found = [Refund.objects.filter(when(now)).values("pk") for key, _, when in NEEDS if key in value]
        return qs.filter(~sleeping("refund", now), pk__in=reduce(lambda a, b: a.union(b), found))


class RefundFilters(filters.ListFilters):
    needs = Needs("needs", "Needs", [(key, label) for key, label, _ in NEEDS])
    state = filters.Choices("state", "State", RefundState.choices)
    reason = filters.Choices("reason", "Reason", RefundReason.choices)
    origin = filters.Choices("origin", "Made at", RefundOrigin.choices)
    gateway = filters.Choices(
        "gateway", "Gateway", [(name, gateway_name(name)) for name in ("stripe", "sandbox")]
    )
    currency = filters.Choices("currency", "Currency", currencies)
    amount_min = filters.Amount("amount_minor", "Amount", "gte", currencies_in_use)
    amount_max = filters.Amount("amount_minor", "Amount", "lte", currencies_in_use)
    created_from = filters.Day("created_at", "Created", "from")
    created_to = filters.Day("created_at", "Created", "to")
    customer = filters.OfCustomer()
