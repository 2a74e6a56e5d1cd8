"""What a person decides about credits."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from billing.credits.giving import BY_HAND
from billing.credits.models import CreditSource
from billing.money import Money
from dashboard.actions.crediting import end_of, read_amount
from dashboard.actions.fields import AmountInput, MoneyField, ReasonField

LONGEST = 10_000


class WholeField(forms.CharField):
    """A whole number of units, grouped as the viewer writes it."""

    widget = AmountInput

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        return read_amount(text, "tokens")[0] if text else None


class EndField(forms.DateField):
    """The last day on which credits can be used; gives the moment after it, in the viewer's zone."""

    def __init__(self, label: str = "Last day", **more: Any) -> None:
        super().__init__(
            label=label,
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            input_formats=["%Y-%m-%d"],
            **more,
        )

    def clean(self, value: Any) -> datetime | None:
        day = super().clean(value)
        return end_of(day) if day else None


class GiveForm(forms.Form):
    """How much of which unit, from where, until when and why."""

    what = forms.ChoiceField(label="Unit")
    amount = forms.CharField(label="Amount", widget=AmountInput(attrs={"autofocus": True}))
    source = forms.ChoiceField(
        label="Source",
        choices=[(each.value, each.label) for each in BY_HAND],
        initial=CreditSource.GOODWILL.value,
    )
    expires_on = EndField("Last day", required=False, help_text="Empty: they do not end.")
    reason = ReasonField("Reason", longest=LONGEST)

    def __init__(self, data: Any = None, *, units: list[tuple[str, str]], what: str = "") -> None:
        super().__init__(data)
        self.fields["what"].choices = units  # type: ignore[attr-defined]
        self.fields["what"].initial = what if what in dict(units) else units[0][0]
        self.fields["amount"].error_messages["required"] = "Amount: enter how much to grant."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "amount" in cleaned and "what" in cleaned:
            try:
                cleaned["minor"], cleaned["currency"] = read_amount(cleaned["amount"], cleaned["what"])
            except ValidationError as error:
                self.add_error("amount", error)
        return cleaned


class TakeBackForm(forms.Form):
    """How much of a lot is taken back, and why. All that is left is filled in."""

    reason = ReasonField("Reason", longest=LONGEST)

    def __init__(self, data: Any = None, *, held: int, currency: str) -> None:
        super().__init__(data)
        if currency:
            self.fields["amount"] = MoneyField(currency=currency, initial=Money(held, currency))
        else:
            self.fields["amount"] = WholeField(label="Amount", initial=str(held))
        self.order_fields(["amount", "reason"])

    @property
    def minor(self) -> int | None:
        amount = self.cleaned_data.get("amount")
        return amount.minor if isinstance(amount, Money) else int(amount) if amount else None


class MoveForm(forms.Form):
    """The new last day of a lot, and why."""

    expires_on = EndField("New last day")
    reason = ReasonField("Reason", longest=LONGEST)

    def __init__(self, data: Any = None, *, now_until: datetime | None) -> None:
        super().__init__(data)
        if now_until:
            self.fields["expires_on"].initial = last_day(now_until)
        self.fields["expires_on"].error_messages["required"] = "New last day: choose one."


class TransferForm(forms.Form):
    """To which account, how many leave, how many arrive there, and why."""

    to = forms.ChoiceField(label="To")
    amount = WholeField(label="How many leave")
    arrives = WholeField(label="How many arrive", required=False, help_text="Empty: as many as leave.")
    reason = ReasonField("Reason", longest=LONGEST)

    def __init__(self, data: Any = None, *, targets: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["to"].choices = targets  # type: ignore[attr-defined]


class ReverseForm(forms.Form):
    """Why a movement is undone."""

    reason = ReasonField("Reason", longest=LONGEST)


def last_day(until: datetime) -> date:
    """The last whole or begun day before a moment, in the viewer's zone."""
    return timezone.localtime(until - timedelta(microseconds=1)).date()
