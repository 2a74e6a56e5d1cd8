"""What a person decides about an import: only whether."""

from django import forms


class StartForm(forms.Form):
    """Nothing to decide: the button starts it."""


class CancelForm(forms.Form):
    """Nothing to decide: the button stops it."""
