"""Which days a statement is about."""

from datetime import date, timedelta
from typing import Any

from django import forms

from billing.periods import add_months


class PeriodForm(forms.Form):
    """From the first day to the last; this year as far as it has come, where none is chosen."""

    first = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="To", widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and first > last:
            self.add_error("last", "To: a day on or after the first one.")
        return cleaned


def usual(today: date) -> tuple[date, date]:
    return today.replace(month=1, day=1), today


def periods(today: date, since: date) -> list[tuple[str, date, date]]:
    """Stretches that are asked for most: a label, the first day, the last."""
    january = today.replace(month=1, day=1)
    month = today.replace(day=1)
    return [
        ("This year", january, today),
        ("Last month", add_months(month, -1), month - timedelta(days=1)),
        ("Last 12 months", add_months(today, -12) + timedelta(days=1), today),
        ("All", min(since, january), today),
    ]
