"""What subscriptions can be narrowed by."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from billing.catalog.models import Price, Tier
from billing.payments.queries import currencies_in_use
from billing.subscriptions.listing import interval_of
from billing.subscriptions.models import NEVER, SubscriptionItem
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
        if not value:
            return qs
        items = SubscriptionItem.objects.filter(price__tier__slug__in=value)
        return qs.filter(pk__in=items.values("subscription_id"))


class PriceField(forms.IntegerField):
    """One version of a price, by the number that links give it."""

    def to_python(self, value: Any) -> Price | None:  # type: ignore[override]
        number = super().to_python(value)
        if number is None:
            return None
        found = Price.objects.select_related("tier").filter(pk=number).first()
        if found is None:
            raise ValidationError("There is no such price: choose one in the catalog.")
        return found

    def prepare_value(self, value: Any) -> Any:
        return value.pk if isinstance(value, Price) else value

    def validate(self, value: Any) -> None:
        return None

    def run_validators(self, value: Any) -> None:
        return None


class AtPrice(filters.ListFilter):
    """Paying one version of a price, by any of its items; the catalog leads here."""

    field_class = PriceField

    def __init__(self) -> None:
        super().__init__(field_name="price", label="Price")
        self.extra |= {"required": False, "widget": forms.HiddenInput()}

    def filter(self, qs: filters.Rows, value: Price | None) -> filters.Rows:
        if value is None:
            return qs
        return qs.filter(pk__in=SubscriptionItem.objects.filter(price=value).values("subscription_id"))

    def words(self, value: Any) -> str:
        return f"{value.tier.name} v{value.version}, {value.currency} {interval_of(value)}"


class PeriodEnds(filters.Day):
    """Within the period's end as its index has it: one without a period ends after all days."""

    def filter(self, qs: filters.Rows, value: Any) -> filters.Rows:
        return super().filter(qs.alias(ends=Coalesce("current_period_end", Value(NEVER))), value)


class SubscriptionFilters(filters.ListFilters):
    state = filters.Choices("state", "State", choices("subscription"))
    tier = OfTier("tier", "Tier", tiers)
    currency = filters.Choices("currency", "Currency", currencies)
    price = AtPrice()
    cancels = filters.YesNo("Cancels at period end", Q(cancel_at_period_end=True))
    renews_from = PeriodEnds("ends", "Period ends", "from")
    renews_to = PeriodEnds("ends", "Period ends", "to")
    created_from = filters.Day("created_at", "Created", "from")
    created_to = filters.Day("created_at", "Created", "to")
    customer = filters.OfCustomer()
