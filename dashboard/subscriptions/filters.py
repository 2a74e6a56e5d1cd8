"""What subscriptions can be narrowed by."""

from django.db.models import Q

from billing.catalog.models import Tier
from billing.payments.queries import currencies_in_use
from dashboard.lists import filters
from dashboard.parts.states import choices


def tiers() -> list[tuple[str, str]]:
    return list(Tier.objects.order_by("rank", "name").values_list("slug", "name"))


def currencies() -> list[tuple[str, str]]:
    return [(code, code) for code in currencies_in_use()]


class OfTier(filters.Choices):
    """On one of these tiers, by any of its items."""

    one_each = False

    def filter(self, qs: filters.Rows, value: list[str]) -> filters.Rows:
        from billing.subscriptions.models import SubscriptionItem

        if not value:
            return qs
        items = SubscriptionItem.objects.filter(price__tier__slug__in=value)
        return qs.filter(pk__in=items.values("subscription_id"))


class SubscriptionFilters(filters.ListFilters):
    state = filters.Choices("state", "State", choices("subscription"))
    tier = OfTier("tier", "Tier", tiers)
    currency = filters.Choices("currency", "Currency", currencies)
    cancels = filters.YesNo("Cancels at period end", Q(cancel_at_period_end=True))
    renews_from = filters.Day("current_period_end", "Period ends", "from")
    renews_to = filters.Day("current_period_end", "Period ends", "to")
    created_from = filters.Day("created_at", "Created", "from")
    created_to = filters.Day("created_at", "Created", "to")
    customer = filters.OfCustomer()
