"""The form that asks for one tag, for every list whose rows belong to a customer."""

from django import forms
from django.core.exceptions import ValidationError

from billing.customers.tags import LONGEST, clean_tag
from billing.errors import InvalidInput


class TagForm(forms.Form):
    """One tag, in the form in which it is kept."""

    tag = forms.CharField(
        label="Tag",
        max_length=LONGEST,
        help_text="A short word such as key account; customers are found by it.",
        error_messages={"required": "Tag: write the word to put on them."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_tag(self) -> str:
        try:
            return clean_tag(self.cleaned_data["tag"])
        except InvalidInput as error:
            raise ValidationError(error.sentence, code=error.code) from error
