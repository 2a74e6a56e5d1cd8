"""What customers can be narrowed by."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef

from billing.customers.queries import matching, words_of
from billing.customers.tags import LONGEST, clean_tag
from billing.errors import InvalidInput
from billing.subscriptions.models import Subscription
from dashboard.customers.places import countries
from dashboard.lists import filters
from dashboard.parts.states import choices


class WordsField(forms.CharField):
    """Words of a name, an e-mail address, or a reference."""

    def clean(self, value: Any) -> str:
        text = super().clean(value).strip()
        if text and not words_of(text):
            raise ValidationError("Enter letters or digits of a name, an e-mail address, or a reference.")
        return text


class Words(filters.ListFilter):
    """Customers whom the words name."""

    field_class = WordsField
    operator = "has"

    def __init__(self) -> None:
        super().__init__(field_name="identity", label="Name or e-mail")
        self.extra |= {"required": False, "max_length": 200}

    def filter(self, qs: filters.Rows, value: str) -> filters.Rows:
        return matching(qs, value) if value else qs


class TagField(forms.CharField):
    """A tag as it is kept."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return clean_tag(text)
        except InvalidInput as error:
            raise ValidationError(f"{error.sentence.removeprefix('Tag: ').capitalize()}") from error


class Tagged(filters.ListFilter):
    """Customers who have the tag."""

    field_class = TagField

    def __init__(self) -> None:
        super().__init__(field_name="tags", label="Tag")
        self.extra |= {"required": False, "max_length": LONGEST}

    def filter(self, qs: filters.Rows, value: str) -> filters.Rows:
        return qs.filter(tags__contains=[value]) if value else qs


class WithSubscription(filters.Choices):
    """Customers with a subscription in one of these states."""

    def filter(self, qs: filters.Rows, value: list[str]) -> filters.Rows:
        if not value:
            return qs
        return qs.filter(Exists(Subscription.objects.filter(customer=OuterRef("pk"), state__in=value)))


class Behind(filters.Choices):
    """Customers who are behind with paying: few in any healthy book, and found from their subscriptions."""

    def filter(self, qs: filters.Rows, value: list[str]) -> filters.Rows:
        if not value:
            return qs
        return qs.filter(pk__in=Subscription.objects.filter(state__in=value).values("customer_id"))


class CustomerFilters(filters.ListFilters):
    q = Words()
    country = filters.Choices("country", "Country", countries)
    tag = Tagged()
    state = WithSubscription("state", "Subscription", choices("subscription"))
    behind = Behind("behind", "Behind with paying", [("past_due", "Past due"), ("unpaid", "Unpaid")])
    created_from = filters.Day("created_at", "Created", "from")
    created_to = filters.Day("created_at", "Created", "to")
