"""The log of webhook events, declared."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from billing.webhooks.listing import delay
from billing.webhooks.models import WebhookEvent
from dashboard.lists.screen import Empty, Export, ListScreen, Tab
from dashboard.lists.sorts import Index, by_time
from dashboard.webhooks.filters import EventFilters
from dashboard.webhooks.tables import EventTable, address


def rows(user: Any) -> QuerySet[WebhookEvent]:
    return WebhookEvent.objects.all()


EVENTS = ListScreen(
    name="webhooks",
    title="Webhooks",
    one="webhook event",
    many="webhook events",
    address="webhooks:index",
    permission="webhooks.view",
    model=WebhookEvent,
    rows=rows,
    filters=EventFilters,
    table=EventTable,
    sorts=(by_time("received", "Received", "received_at"),),
    indexes=(
        Index("received"),
        Index("received", ("state",)),
        Index("received", ("source",)),
        Index("received", ("type",)),
        Index("received", ("object",), narrow=True),
    ),
    tabs=(
        Tab("dead", "Dead", {"state": "dead"}),
        Tab("failed", "Failed", {"state": "failed"}),
        Tab("ignored", "Ignored", {"state": "ignored"}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "No gateway has told anything yet",
        "Each message of a gateway stands here once, with what it was about and what became of it. Point the "
        "gateway's webhooks at this desk, as the guide to going live says.",
        "webhook",
    ),
    exports=(
        Export("Event", "event_id"),
        Export("Type", "type"),
        Export("Source", "source"),
        Export("State", "state"),
        Export("Object", "object_id"),
        Export("Happened (UTC)", "happened_at"),
        Export("Received (UTC)", "received_at"),
        Export("Processed (UTC)", "processed_at"),
        Export("Delay in seconds", lambda event: int(delay(event, timezone.now()).total_seconds())),
        Export("Attempts", "attempts"),
        Export("Duplicates", "duplicates"),
        Export("Error", "error"),
    ),
    row_address=address,
    key="event_id",
)
