"""What the trail can be narrowed by."""

import re
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError

from billing.audit.models import ReadKind
from billing.history.models import GOODWILL
from dashboard.audit import nouns, words
from dashboard.lists import filters
from dashboard.staff.models import Member

REQUEST = re.compile(r"^[A-Za-z0-9_-]{4,64}$")


def members() -> list[tuple[str, str]]:
    """Everybody who works or worked here, by name."""
    rows = Member.objects.order_by("display_name", "pk").only("pk", "display_name", "email")
    return [(f"staff:{member.pk}", str(member)) for member in rows]


class OneOf(filters.ListFilter, django_filters.ChoiceFilter):
    """One of a list that may be long."""

    def __init__(self, field_name: str, label: str, choices: Any) -> None:
        self.known = choices
        super().__init__(field_name=field_name, label=label, choices=choices, empty_label="any")

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(**{self.field_name: value}) if value else qs

    def words(self, value: Any) -> str:
        return dict(self.known() if callable(self.known) else self.known).get(value, value)


class ByMember(OneOf):
    """Done by one member of the staff; the condition is that of the index."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(actor_kind="person", actor_ref=value) if value else qs


class Action(OneOf):
    """One kind of thing that happens to one kind of object."""

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        if value == words.GOODWILL:
            return qs.filter(GOODWILL)
        subject_kind, kind, to_state = words.split(value)
        return qs.filter(subject_kind=subject_kind, kind=kind, to_state=to_state)


class ObjectField(forms.CharField):
    def to_python(self, value: Any) -> Any:
        text = (super().to_python(value) or "").strip()
        if not text:
            return None
        found = nouns.object_named(text)
        if found is None:
            raise ValidationError("Nothing has this reference; it looks like REF-20261118-7K3N9Q4F.")
        return found

    def prepare_value(self, value: Any) -> Any:
        return value[2] if isinstance(value, tuple) else value


class About(filters.ListFilter):
    """About one object, named by reference."""

    field_class = ObjectField

    def __init__(self, label: str = "Object") -> None:
        super().__init__(field_name="subject_id", label=label)
        self.extra["required"] = False

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(subject_kind=value[0], subject_id=value[1]) if value else qs

    def words(self, value: Any) -> str:
        return str(value[2])


class OfRequest(filters.ListFilter):
    """All of one request, by the id on its page and in its log lines."""

    field_class = forms.RegexField

    def __init__(self, label: str = "Request") -> None:
        super().__init__(field_name="request_id", label=label)
        self.extra |= {
            "required": False,
            "regex": REQUEST,
            "error_messages": {"invalid": "Enter a request id, for example req_0f3a9c41d27b8e65."},
        }

    def filter(self, qs: Any, value: str) -> Any:
        # Greater than nothing: the index leaves out what belongs to no request.
        return qs.filter(request_id=value, request_id__gt="") if value else qs


def nouns_in_use() -> list[tuple[str, str]]:
    kinds = sorted({each[0] for each in words.actions_in_use()})
    return sorted(((kind, nouns.noun(kind)) for kind in kinds), key=lambda each: each[1])


class AuditFilters(filters.ListFilters):
    who = ByMember("actor_ref", "Who", members)
    by = OneOf("actor_kind", "By", [("person", "Staff")])
    noun = OneOf("subject_kind", "Kind of object", nouns_in_use)
    action = Action("kind", "Action", words.actions)
    object = About()
    customer = filters.OfCustomer()
    request = OfRequest()
    at_from = filters.Day("at", "When", "from")
    at_to = filters.Day("at", "When", "to")


class ReadFilters(filters.ListFilters):
    who = OneOf("member_ref", "Who", members)
    kind = OneOf("kind", "What", ReadKind.choices)
    customer = filters.OfCustomer()
    request = OfRequest()
    at_from = filters.Day("at", "When", "from")
    at_to = filters.Day("at", "When", "to")
