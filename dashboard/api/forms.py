"""Making a key, and ending one."""

from django import forms

from dashboard.actions.fields import ReasonField
from dashboard.api.models import Scope


class KeyForm(forms.Form):
    name = forms.CharField(
        max_length=80,
        label="Name",
        help_text="The program that will use it, such as Halden web.",
        error_messages={"required": "Name: say which program will use the key."},
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        label="It may",
        error_messages={"required": "It may: tick what the program needs."},
    )
    per_minute = forms.IntegerField(
        min_value=1,
        max_value=60_000,
        initial=600,
        label="Calls a minute",
        help_text="More are refused until the minute is over.",
    )
    reason = ReasonField("Reason", longest=500)


class ReasonForm(forms.Form):
    reason = ReasonField("Reason", longest=500)
