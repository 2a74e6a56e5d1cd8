"""What a person decides about an outage."""

from typing import Any

from django import forms

from billing.catalog.models import Meter, Tier
from billing.incidents.rules import LONGEST_REASON, LONGEST_TITLE
from billing.incidents.telling import LONGEST_NOTE
from dashboard.actions.fields import ReasonField
from dashboard.actions.letters import WritesToCustomer


def _moment(label: str, missing: str) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget, error_messages={"required": missing})


class RecordForm(forms.Form):
    """What was out, for whom, and from when to when."""

    title = forms.CharField(
        label="What was out",
        max_length=LONGEST_TITLE,
        help_text="Customers read it in their mail.",
        error_messages={"required": "What was out: say it as customers shall read it."},
    )
    # Not "meter": the list behind the dialog has a filter of that name.
    stopped = forms.ModelChoiceField(
        Meter.objects.order_by("name", "pk"),
        to_field_name="slug",
        label="What it stopped",
        empty_label="Choose a meter",
        error_messages={"required": "What it stopped: choose the meter whose users were hit."},
    )
    starts_at = _moment("From", "From: when did it begin?")
    ends_at = _moment("To", "To: when was it over?")
    tier = forms.ModelChoiceField(
        Tier.objects.order_by("rank", "pk"),
        to_field_name="slug",
        label="Only customers on",
        required=False,
        empty_label="Every tier",
    )
    reason = ReasonField("Note for us", longest=LONGEST_REASON)


class CreditForm(WritesToCustomer, forms.Form):
    """Whether customers are written to, and what beside."""

    note = forms.CharField(
        label="Note to the customers",
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    field_order = ("note", "write_to_customer")

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"write_to_customer": True})


class WithdrawForm(forms.Form):
    """Why it was recorded by mistake."""

    reason = ReasonField("Reason", longest=LONGEST_REASON)
