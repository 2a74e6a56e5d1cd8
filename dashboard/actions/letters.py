"""Writing to the customer from a dialog: the choice as a field, and the letter as it would arrive.

class RefundForm(WritesToCustomer, forms.Form): …

letter_effects(form, "refund_promised", payment.customer, {"amount": amount, "reference": "REF-…"})
"""

from collections.abc import Mapping
from typing import Any

from babel import Locale, UnknownLocaleError
from django import forms

from billing.customers.models import Customer
from billing.messages.composing import Preview, preview
from billing.messages.mail import RIGHT_TO_LEFT, paragraphs
from billing.messages.words import Value
from dashboard.parts.entries import Effect, Letter, Notice

NAME = "write_to_customer"


class WritesToCustomer(forms.Form):
    """A form that may also write to the customer: off unless somebody turns it on."""

    write_to_customer = forms.BooleanField(label="Write to the customer", required=False)


def letter_effects(
    form: Any, kind: str, customer: Customer, facts: Mapping[str, Value], *, waits: bool = False
) -> list[Effect | Notice | Letter]:
    """What the choice does: that nothing is written, or the letter in the customer's language."""
    if not form.cleaned_data.get(NAME):
        return [Effect("No mail is sent from here", "The gateway may send its own receipt.", "mail")]
    told = preview(kind, customer, facts)
    if told.why_not:
        return [Notice("The customer will not be written to", told.why_not, "look", "mail"), letter_of(told)]
    then = "Once a second person has said yes." if waits else "Sent within seconds; the log keeps it."
    return [
        Effect(f"{told.address} is written to in {language_name(told.language)}", then, "mail"),
        letter_of(told),
    ]


def letter_of(told: Preview) -> Letter:
    """The words of a preview, as the parts show them."""
    direction = "rtl" if told.language.split("-")[0] in RIGHT_TO_LEFT else "ltr"
    return Letter(told.subject, tuple(paragraphs(told.body)), told.language, direction)


def language_name(code: str) -> str:
    """ "German" for "de", "Portuguese (Brazil)" for "pt-BR"; the code itself where it has no name."""
    try:
        return Locale.parse(code.replace("-", "_")).get_display_name("en") or code
    except (UnknownLocaleError, ValueError):  # quiet: a code without a name is shown as it is
        return code
