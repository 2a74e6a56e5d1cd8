"""What a person decides about messages and their texts."""

from typing import Any

from django import forms

from billing.customers.models import Customer
from billing.customers.queries import customer_by_reference
from billing.messages import rules
from billing.messages.templates import Text
from dashboard.actions.fields import ReasonField


class ResendForm(forms.Form):
    reason = ReasonField("Reason", longest=rules.LONGEST_REASON)


class RetryForm(forms.Form):
    """Nothing to decide: pressing the button queues it once more."""


class TemplateForm(forms.Form):
    """A text with placeholders, why it is changed, and a customer on whom to try it."""

    subject = forms.CharField(label="Subject", max_length=rules.LONGEST_SUBJECT)
    body = forms.CharField(
        label="Text", max_length=rules.LONGEST_BODY, widget=forms.Textarea(attrs={"rows": 14})
    )
    reason = ReasonField("Reason", longest=rules.LONGEST_REASON)
    sample = forms.CharField(label="Try it on", required=False, max_length=24)
    based_on = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, data: Any = None, *, text: Text, based_on: int, sample: Customer | None) -> None:
        filled = {"subject": text.subject, "body": text.body, "based_on": based_on}
        super().__init__(data, initial={**filled, "sample": sample.reference if sample else ""})
        self.default_sample = sample

    def customer(self) -> Customer | None:
        """The customer on whom it is tried: the named one, else the latest."""
        named = self.cleaned_data.get("sample") or ""
        return (customer_by_reference(named) if named else None) or self.default_sample
