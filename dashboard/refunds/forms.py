"""What a person decides about a refund."""

from typing import Any

from django import forms

from billing.money import Money
from billing.refunds import rules
from billing.refunds.models import RefundReason
from dashboard.actions.fields import MoneyField, ReasonField
from dashboard.actions.letters import WritesToCustomer


class RefundForm(WritesToCustomer, forms.Form):
    """How much goes back and why. The amount is in the payment's currency; what is left is filled in."""

    reason = forms.ChoiceField(label="Reason", choices=[("", "Choose a reason"), *RefundReason.choices])
    note_internal = forms.CharField(
        label="Note for us",
        required=False,
        max_length=rules.LONGEST_INTERNAL,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    note_to_customer = forms.CharField(
        label="Note to the customer",
        required=False,
        max_length=rules.LONGEST_TO_CUSTOMER,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None, *, left: Money) -> None:
        super().__init__(data)
        self.fields["amount"] = MoneyField(currency=left.currency, initial=left)
        self.fields["amount"].widget.attrs["autofocus"] = True
        self.fields["reason"].error_messages["required"] = "Reason: choose one from the list."
        self.order_fields(["amount", "reason", "note_internal", "note_to_customer", "write_to_customer"])


class WithdrawForm(forms.Form):
    """Why a refund is taken back before it was sent."""

    reason = ReasonField("Reason")


class SeenForm(forms.Form):
    """Nothing to decide: pressing the button says that somebody has looked."""


class ChooseForm(forms.Form):
    """Which payment: by reference, gateway's id, card, amount, or its customer."""

    q = forms.CharField(
        label="Whose payment, or which", max_length=200, required=False, widget=forms.TextInput()
    )
