"""Noting that usage is not known, and that it is after all."""

from django import forms

from billing.catalog.models import Meter
from dashboard.actions.fields import ReasonField

MOMENT = "Enter a day and a time, such as 2026-11-18 09:30."


class GapForm(forms.Form):
    meter = forms.ModelChoiceField(
        Meter.objects.order_by("name", "pk"),
        to_field_name="slug",
        label="Meter",
        empty_label="Choose a meter",
        error_messages={"required": "Meter: choose the one whose usage is not known."},
    )
    starts_at = forms.DateTimeField(
        label="From",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="In your time zone.",
        error_messages={"required": "From: enter when usage stopped coming.", "invalid": MOMENT},
    )
    ends_at = forms.DateTimeField(
        label="To",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": "To: enter when it came again.", "invalid": MOMENT},
    )
    reason = ReasonField("Reason", longest=500)


class CloseForm(forms.Form):
    reason = ReasonField("Reason", longest=500)
