"""What is written about a customer: notes and tags."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from billing.customers.models import Customer
from billing.customers.notes import LONGEST
from billing.customers.tags import MOST, clean_tag
from billing.errors import InvalidInput


class NoteForm(forms.Form):
    """A note for the others at the desk; the customer never sees it."""

    body = forms.CharField(
        label="Note",
        max_length=LONGEST,
        widget=forms.Textarea(
            attrs={"rows": 3, "maxlength": "", "placeholder": "What should the others know?"}
        ),
        error_messages={
            "required": "Note: write what the others should know.",
            "max_length": "Note: %(show_value)d characters; shorten it to %(limit_value)d.",
        },
    )

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["body"].widget.attrs.pop("maxlength", None)


class TagsForm(forms.Form):
    """The tags that stay, and those that are new, with commas between them."""

    keep = forms.MultipleChoiceField(
        label="Tags now", required=False, widget=forms.CheckboxSelectMultiple, help_text="Untick what goes."
    )
    add = forms.CharField(
        label="Add",
        required=False,
        max_length=400,
        help_text="Short words such as key account, with commas between several.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, data: Any = None, *, customer: Customer) -> None:
        super().__init__(data)
        self.before = list(customer.tags)
        shown = data.getlist("shown") if data is not None else self.before
        # What was shown when the form was made: a tag that somebody else took off since is no error.
        self.shown = [tag for tag in shown if tag][:MOST]
        self.fields["keep"].choices = [(tag, tag) for tag in self.shown]  # type: ignore[attr-defined]
        self.fields["keep"].initial = self.shown
        if not self.shown:
            del self.fields["keep"]

    def clean_add(self) -> list[str]:
        words = [word for word in re.split(r"[,;\n]", self.cleaned_data["add"]) if word.strip()]
        try:
            return list(dict.fromkeys(clean_tag(word, field="add") for word in words))
        except InvalidInput as error:
            raise ValidationError(error.sentence, code=error.code) from error

    @property
    def removed(self) -> list[str]:
        kept = self.cleaned_data.get("keep", [])
        return [tag for tag in self.shown if tag not in kept]

    @property
    def added(self) -> list[str]:
        return [tag for tag in self.cleaned_data.get("add") or [] if tag not in self.before]
