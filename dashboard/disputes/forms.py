"""What a person writes about a dispute."""

from django import forms

from billing.disputes.evidence import LONGEST


class PreparedForm(forms.Form):
    """That the evidence is ready, and where it is."""

    note = forms.CharField(
        label="What was prepared, and where it is",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Note: say what was prepared and where it can be found."},
    )
