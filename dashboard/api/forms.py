"""Making a key, and ending one."""

from django import forms

from dashboard.api.models import Scope


class KeyForm(forms.Form):
    name = forms.CharField(max_length=80, label="Name")
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=forms.CheckboxSelectMultiple, label="It may"
    )
    per_minute = forms.IntegerField(min_value=1, max_value=60_000, initial=600, label="Calls a minute")
    reason = forms.CharField(max_length=500, label="Reason")


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=500, label="Reason")
