"""Noting that usage is not known, and that it is after all."""

from django import forms

from billing.catalog.models import Meter


class GapForm(forms.Form):
    meter = forms.ModelChoiceField(Meter.objects.order_by("name", "pk"), to_field_name="slug", label="Meter")
    starts_at = forms.DateTimeField(
        label="From", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    ends_at = forms.DateTimeField(
        label="To", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    reason = forms.CharField(max_length=500, label="Reason")


class CloseForm(forms.Form):
    reason = forms.CharField(max_length=500, label="Reason")
