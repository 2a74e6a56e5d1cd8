"""What invoices can be narrowed by."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.utils import timezone

from billing.ids import normalise
from billing.invoices.models import InvoiceState
from billing.invoices.queries import currencies_invoiced, due_day, invoices_numbered, not_yet_due, overdue
from billing.payments.queries import gateway_name
from billing.subscriptions.models import Subscription
from dashboard.lists import filters

OURS = "ours"


def currencies() -> list[tuple[str, str]]:
    return [(code, code) for code in currencies_invoiced()]


class Overdue(filters.ListFilter, filters.django_filters.ChoiceFilter):
    """Open and late by the viewer's today, or open and still in time."""

    ANSWERS = (("yes", "yes"), ("no", "no, open and in time"))

    def __init__(self) -> None:
        super().__init__(label="Overdue", choices=self.ANSWERS, empty_label="either")

    def filter(self, qs: filters.Rows, value: Any) -> filters.Rows:
        conditions = {"yes": overdue, "no": not_yet_due}
        return qs.filter(conditions[value](timezone.localdate())) if value else qs

    def words(self, value: Any) -> str:
        return dict(self.ANSWERS)[value]


class Due(filters.Day):
    """From a due day on, or up to it; an invoice without one is due after all days."""

    def filter(self, qs: filters.Rows, value: Any) -> filters.Rows:
        if not value:
            return qs
        lookup = GreaterThanOrEqual if self.side == "from" else LessThanOrEqual
        return qs.filter(lookup(due_day(), value))


class IssuedBy(filters.Choices):
    """Whose number it bears."""

    def filter(self, qs: filters.Rows, value: Any) -> filters.Rows:
        return qs.filter(gateway__in=["" if each == OURS else each for each in value]) if value else qs


class Number(filters.ListFilter):
    """By a whole number: ours, a gateway's, or that of a credit note on it."""

    def __init__(self) -> None:
        super().__init__(field_name="number", label="Number")
        self.extra |= {"required": False, "max_length": 64}

    field_class = forms.CharField

    def filter(self, qs: filters.Rows, value: str) -> filters.Rows:
        return qs.filter(invoices_numbered(value.strip())) if value else qs


class SubscriptionField(forms.CharField):
    """A subscription by reference: SUB-7K2M9QPA."""

    def to_python(self, value: Any) -> Subscription | None:  # type: ignore[override]
        text = (super().to_python(value) or "").strip()
        if not text:
            return None
        found = Subscription.objects.filter(reference=normalise(text)).first()
        if found is None:
            raise ValidationError("No subscription has this reference; it looks like SUB-7K2M9QPA.")
        return found

    def prepare_value(self, value: Any) -> Any:
        return value.reference if isinstance(value, Subscription) else value


class OfSubscription(filters.ListFilter):
    """For one subscription, named by reference."""

    field_class = SubscriptionField

    def __init__(self) -> None:
        super().__init__(field_name="subscription", label="Subscription")
        self.extra["required"] = False

    def filter(self, qs: filters.Rows, value: Subscription | None) -> filters.Rows:
        return qs.filter(subscription=value.pk) if value else qs


class InvoiceFilters(filters.ListFilters):
    state = filters.Choices("state", "State", InvoiceState.choices)
    overdue = Overdue()
    number = Number()
    currency = filters.Choices("currency", "Currency", currencies)
    issued_by = IssuedBy(
        "gateway", "Issued by", [(OURS, "us"), *((name, gateway_name(name)) for name in ("stripe",))]
    )
    amount_min = filters.Amount("total_minor", "Total", "gte", currencies_invoiced)
    amount_max = filters.Amount("total_minor", "Total", "lte", currencies_invoiced)
    due_from = Due("due_on", "Due", "from")
    due_to = Due("due_on", "Due", "to")
    created_from = filters.Day("created_at", "Created", "from")
    created_to = filters.Day("created_at", "Created", "to")
    customer = filters.OfCustomer()
    subscription = OfSubscription()
