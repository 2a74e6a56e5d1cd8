"""What a person decides about a billing run."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone


class StartForm(forms.Form):
    """Nothing to decide: the button starts it."""


class CancelForm(forms.Form):
    """Nothing to decide: the button stops it."""


class DryForm(forms.Form):
    """Up to which day."""

    until = forms.DateField(
        label="Until the end of",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"required": "Until: choose a day.", "invalid": "Until: choose a day."},
    )

    def __init__(self, data: Any = None) -> None:
        today = timezone.localdate()
        super().__init__(data, initial={"until": today + timedelta(days=30)})
        self.fields["until"].widget.attrs["min"] = today.isoformat()
