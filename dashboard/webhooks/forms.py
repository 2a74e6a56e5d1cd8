"""What a person says who has an event done again, or left undone."""

from django import forms

from dashboard.actions.fields import ReasonField


class ReplayForm(forms.Form):
    """Why it is done again."""

    reason = ReasonField("Reason")


class IgnoreForm(forms.Form):
    """Why it stays undone."""

    reason = ReasonField("Reason")


class TestForm(forms.Form):
    """Nothing to decide."""
