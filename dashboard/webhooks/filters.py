"""What webhook events can be narrowed by."""

from django import forms

from billing.payments.queries import gateway_name
from billing.webhooks.listing import types_received
from billing.webhooks.models import WebhookState
from dashboard.lists import filters


def types() -> list[tuple[str, str]]:
    return [(name, name) for name in types_received()]


class ObjectId(filters.ListFilter):
    """About one object, by the gateway's id of it."""

    field_class = forms.CharField

    def __init__(self) -> None:
        super().__init__(field_name="object_id", label="Object")
        self.extra |= {"required": False, "max_length": 255}

    def filter(self, qs: filters.Rows, value: str) -> filters.Rows:
        return qs.filter(object_id=value.strip()) if value else qs


class EventFilters(filters.ListFilters):
    state = filters.Choices("state", "State", WebhookState.choices)
    source = filters.Choices(
        "source", "Source", [(name, gateway_name(name)) for name in ("stripe", "sandbox")]
    )
    type = filters.Choices("type", "Type", types)
    object = ObjectId()
    received_from = filters.Day("received_at", "Received", "from")
    received_to = filters.Day("received_at", "Received", "to")
