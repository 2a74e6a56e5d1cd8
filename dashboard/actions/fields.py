"""Form fields that several actions share."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from billing.errors import InvalidInput
from billing.money import Money, format_amount
from dashboard.parts.viewer import current_locale


class AmountInput(forms.TextInput):
    """A text field for an amount: people paste "1,284.30 EUR", which a number field would throw away."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})

    def format_value(self, value: Any) -> Any:
        if isinstance(value, Money):
            return format_amount(value.minor, value.currency, current_locale())
        return super().format_value(value)


class MoneyField(forms.CharField):
    """An amount in one currency, read in the viewer's own notation; gives `Money`."""

    widget = AmountInput

    def __init__(self, *, currency: str, label: str = "Amount", **more: Any) -> None:
        self.currency = currency
        super().__init__(label=label, **more)
        self.error_messages["required"] = f"Enter an amount in {currency}."

    def prepare_value(self, value: Any) -> Any:
        return AmountInput().format_value(value) if isinstance(value, Money) else value

    def clean(self, value: Any) -> Money | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return Money.parse(text, self.currency, current_locale())
        except InvalidInput as error:
            raise ValidationError(error.sentence, code=error.code) from error


class ReasonField(forms.CharField):
    """Why, in the words of whoever does it; kept in the history for good."""

    def __init__(self, label: str = "Reason", *, rows: int = 2, longest: int = 1_000, **more: Any) -> None:
        super().__init__(label=label, max_length=longest, widget=forms.Textarea(attrs={"rows": rows}), **more)
        self.error_messages["required"] = f"{label}: say why, for whoever reads this later."
