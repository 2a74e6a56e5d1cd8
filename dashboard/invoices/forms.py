"""What is asked before something is done to an invoice."""

from datetime import date
from typing import Any

from django import forms

REASON = {"required": "Reason: say why, for whoever reads it later."}
HOW = (("send", "The customer pays it: the document says how"), ("charge", "We charge the method on file"))


class ReasonForm(forms.Form):
    """Why; it stays in the invoice's history."""

    reason = forms.CharField(
        label="Reason",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="It stays in the history, and on the credit note where one is made.",
        error_messages=REASON,
    )


class CollectForm(forms.Form):
    """How an invoice that is issued now shall be paid, and until when."""

    collect = forms.ChoiceField(label="To be paid", choices=HOW, initial="send", widget=forms.RadioSelect)
    due_days = forms.IntegerField(
        label="Due in days",
        min_value=0,
        max_value=120,
        initial=14,
        error_messages={
            "required": "Due in days: enter 0 for at once.",
            "min_value": "Due in days: 0 or more.",
            "max_value": "Due in days: 120 at most.",
        },
    )


class CorrectForm(ReasonForm, CollectForm):
    """Why, and how the new invoice shall be paid."""

    field_order = ("reason", "collect", "due_days")


class OutsideForm(forms.Form):
    """The transfer that paid it past every gateway."""

    reference = forms.CharField(
        label="Transfer's reference",
        max_length=120,
        help_text="As the bank statement has it.",
        error_messages={"required": "Reference: enter that of the transfer as the bank statement has it."},
    )
    paid_on = forms.DateField(
        label="Paid on",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Paid on: enter the day.", "invalid": "Paid on: enter it as 2026-11-18."},
    )
    reason = forms.CharField(label="Note for us", required=False, max_length=200)

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data)
        self.fields["paid_on"].initial = today


class SendForm(forms.Form):
    """A few words beside the invoice."""

    note = forms.CharField(
        label="Note to the customer",
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
