"""What webhook events can be narrowed by."""

from collections.abc import Iterable
from typing import Any

import django_filters
from django import forms

from billing.customers.models import Customer
from billing.webhooks.listing import (
    SLOW,
    SOURCES,
    endpoints_received,
    objects_of,
    source_name,
    types_received,
)
from billing.webhooks.models import WebhookEvent, WebhookState
from dashboard.lists import filters

EVERY = "*"


def types() -> list[tuple[str, str]]:
    """Every type received, after the families that several of them belong to: "invoice.*"."""
    known = types_received()
    families: dict[str, int] = {}
    for name in known:
        family = name.partition(".")[0]
        families[family] = families.get(family, 0) + 1
    groups = [(f"{family}.{EVERY}", f"{family}.{EVERY}") for family, of in families.items() if of > 1]
    return [*groups, *((name, name) for name in known)]


class TypesField(django_filters.fields.MultipleChoiceField):
    """Types; a family such as invoice.* stands for all of its types."""

    def to_python(self, value: Any) -> list[str]:
        given = super().to_python(value)
        known = [name for name, _ in types() if not name.endswith(EVERY)] if _has_family(given) else []
        found: list[str] = []
        for each in given:
            begins = each.removesuffix(EVERY)
            of = [name for name in known if name.startswith(begins)] if each.endswith(f".{EVERY}") else []
            found += of or [each]
        return list(dict.fromkeys(found))


def _has_family(given: Iterable[str]) -> bool:
    return any(each.endswith(f".{EVERY}") for each in given)


class Types(filters.Choices):
    """One or several types, or whole families of them."""

    field_class = TypesField

    def words(self, value: Any) -> str:
        left = list(value)
        said = []
        for family in [name for name, _ in types() if name.endswith(EVERY)]:
            begins = family.removesuffix(EVERY)
            of = [name for name, _ in types() if name.startswith(begins) and name != family]
            if set(of) <= set(left):
                said.append(family)
                left = [name for name in left if name not in of]
        return ", ".join([*said, *left])


class ObjectId(filters.ListFilter):
    """About one object, by the gateway's id of it."""

    field_class = forms.CharField

    def __init__(self) -> None:
        super().__init__(field_name="object_id", label="Object")
        self.extra |= {"required": False, "max_length": 255}

    def filter(self, qs: filters.Rows, value: str) -> filters.Rows:
        return qs.filter(object_id=value.strip()) if value else qs


class AboutCustomer(filters.OfCustomer):
    """About one customer: as their gateway calls them, or through what they have."""

    def filter(self, qs: filters.Rows, value: Customer | None) -> filters.Rows:
        if value is None:
            return qs
        about = WebhookEvent.objects.filter(object_id__in=sorted(objects_of(value))).values("pk")
        if value.gateway_id:
            # Each has an index of its own and leaves few rows: found one by one, then put together.
            named = WebhookEvent.objects.filter(customer_gateway_id=value.gateway_id, source=value.gateway)
            about = about.union(named.values("pk"))
        return qs.filter(pk__in=about)


def endpoints() -> list[tuple[str, str]]:
    return [(name, name) for name in endpoints_received()]


class EventFilters(filters.ListFilters):
    trouble = filters.Choices("state", "Gone wrong", [("dead", "Dead"), ("failed", "Failed, will retry")])
    state = filters.Choices("state", "State", WebhookState.choices)
    source = filters.Choices("source", "Source", [(name, source_name(name)) for name in SOURCES])
    endpoint = filters.Choices("endpoint", "Endpoint", endpoints)
    type = Types("type", "Type", types)
    object = ObjectId()
    customer = AboutCustomer()
    attempts = filters.Choices("attempts", "Attempts", [(str(many), str(many)) for many in range(2, 13)])
    delay = filters.Choices("slow", "Delay", [(str(place), label) for place, label in SLOW])
    received_from = filters.Day("received_at", "Received", "from")
    received_to = filters.Day("received_at", "Received", "to")
