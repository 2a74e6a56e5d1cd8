"""What a person decides about a commitment."""

from typing import Any

from django import forms

from billing.subscriptions.models import AskedBy
from dashboard.actions.fields import ReasonField

TERMS = ((12, "1 year"), (24, "2 years"), (36, "3 years"), (6, "6 months"), (3, "3 months"))
WHO = ((AskedBy.CUSTOMER.value, "The customer"), (AskedBy.STAFF.value, "We"))


class AgreeForm(forms.Form):
    """For how long, whether it begins again, and what was agreed."""

    months = forms.TypedChoiceField(label="Term", choices=TERMS, coerce=int, initial=12)
    renews = forms.BooleanField(label="Begins again at its end", required=False)
    reason = ReasonField("What was agreed, and where it is written", longest=500)


class AskedForm(forms.Form):
    """Who asked, and why."""

    asked_by = forms.ChoiceField(label="Who asked", choices=WHO, initial=AskedBy.CUSTOMER.value)
    reason = ReasonField("Reason", longest=500)


class WhyForm(forms.Form):
    """Why."""

    reason = ReasonField("Reason", longest=500)


def cleaned(form: forms.Form, name: str, otherwise: Any = None) -> Any:
    """A value as far as the form goes."""
    return getattr(form, "cleaned_data", {}).get(name, otherwise)
