"""What a person decides about a subscription."""

import datetime as dt
from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any

from django import forms

from billing.catalog.models import Price
from billing.money import Money, format_money
from billing.subscriptions.doing import LONGEST_REASON
from billing.subscriptions.listing import interval_of
from billing.subscriptions.models import AskedBy, Collection
from dashboard.actions.fields import ReasonField
from dashboard.parts.viewer import current_locale

ASKERS = [(AskedBy.CUSTOMER.value, "The customer"), (AskedBy.STAFF.value, "We ourselves")]
NOW, LATER, TERM = "now", "period_end", "commitment_end"


def prices_for(currency: str, besides: Iterable[int] = ()) -> list[Price]:
    """The prices that are sold in a currency, and those that somebody pays already; by tier."""
    keep = set(besides)
    rows = Price.objects.filter(currency=currency).select_related("tier")
    rows = rows.order_by("tier__rank", "tier__name", "interval_unit", "interval_count", "-version")
    return [row for row in rows if row.pk in keep or (row.is_active and not row.tier.is_archived)]


def price_choices(prices: Iterable[Price]) -> list[tuple[str, str]]:
    """ "Team, monthly: 30.00 EUR a seat"."""
    found = []
    for price in prices:
        each = format_money(Money(price.unit_amount_minor, price.currency), current_locale())
        per = " a seat" if price.per_seat else ""
        label = f"{price.tier.name}, {interval_of(price)}: {each}{per}, v{price.version}"
        found.append((str(price.pk), label))
    return found


def at_time_of(day: dt.date, of: datetime | None) -> datetime:
    """The moment on a day at the time of another, as periods are counted: in UTC."""
    return datetime.combine(day, of.astimezone(UTC).time() if of else time(), tzinfo=UTC)


class DayField(forms.DateField):
    """A day from the calendar."""

    def __init__(self, label: str, **more: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(label=label, widget=widget, input_formats=["%Y-%m-%d"], **more)
        self.error_messages["required"] = f"{label}: choose a day."
        self.error_messages["invalid"] = f"{label}: enter the day as 2026-11-18."


class AskForm(forms.Form):
    """Who asked for it and why: below whatever else is decided."""

    asked_by = forms.ChoiceField(
        label="Asked by", choices=ASKERS, initial=AskedBy.CUSTOMER.value, widget=forms.RadioSelect
    )
    reason = ReasonField("Reason", longest=LONGEST_REASON)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        last = ["asked_by", "reason"]
        self.order_fields([*(name for name in self.fields if name not in last), *last])


class PlanForm(AskForm):
    """A price and a number of seats."""

    price = forms.ChoiceField(
        label="Plan",
        error_messages={
            "required": "Plan: choose one.",
            "invalid_choice": "Plan: choose one of those that are sold.",
        },
    )
    quantity = forms.IntegerField(
        label="Seats",
        widget=forms.NumberInput(attrs={"min": "1"}),
        error_messages={
            "required": "Seats: enter how many.",
            "invalid": "Seats: enter a whole number, such as 3.",
        },
    )

    def __init__(
        self, data: Any = None, *, prices: list[Price], price: int | None = None, seats: int = 1
    ) -> None:
        super().__init__(data)
        self.fields["price"].choices = price_choices(prices)  # type: ignore[attr-defined]
        self.fields["price"].initial = str(price or "")
        self.fields["quantity"].initial = seats

    @property
    def wanted(self) -> tuple[int, int] | None:
        """Price and seats as far as they are filled."""
        price, seats = self.cleaned_data.get("price"), self.cleaned_data.get("quantity")
        return (int(price), int(seats)) if price and seats is not None else None


class ChangeForm(PlanForm):
    """Another plan, now or with the next period."""

    when = forms.ChoiceField(
        label="When",
        choices=[(NOW, "Now"), (LATER, "With its next period")],
        initial=NOW,
        widget=forms.RadioSelect,
    )


class StartForm(PlanForm):
    """A new subscription."""

    trial = forms.BooleanField(label="Begin with the plan's trial", required=False)
    collection = forms.ChoiceField(
        label="Collect",
        choices=Collection.choices,
        initial=Collection.CHARGE.value,
        widget=forms.RadioSelect,
    )


class CancelForm(AskForm):
    """When it ends."""

    when = forms.ChoiceField(label="Ends", widget=forms.RadioSelect)
    give_back = forms.BooleanField(label="Ending now, credit the unused time", required=False)

    def __init__(self, data: Any = None, *, choices: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["when"].choices = choices  # type: ignore[attr-defined]
        self.fields["when"].initial = choices[0][0]
        if NOW not in dict(choices):
            del self.fields["give_back"]


class PauseForm(AskForm):
    """Until when it rests."""

    resumes_at = DayField("Resumes on", required=False, help_text="Empty: until somebody resumes it.")


class DateForm(AskForm):
    """A day: the new end of a trial, or the new billing date."""

    date = DayField("Date")

    def __init__(self, data: Any = None, *, label: str, hint: str = "") -> None:
        super().__init__(data)
        field = self.fields["date"]
        field.label, field.help_text = label, hint
        field.error_messages["required"] = f"{label}: choose a day."
        field.error_messages["invalid"] = f"{label}: enter the day as 2026-11-18."
