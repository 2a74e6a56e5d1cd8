"""The log of webhook events, declared."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from billing.webhooks.listing import delay, events_for_list
from billing.webhooks.models import WebhookEvent
from dashboard.actions.offers import offer
from dashboard.lists.screen import Empty, Export, ListScreen, Peek, Tab
from dashboard.lists.sorts import Index, by_time
from dashboard.parts.entries import Action
from dashboard.queues.bulk import assign_many
from dashboard.webhooks.bulk import IGNORE, REPLAY
from dashboard.webhooks.filters import EventFilters
from dashboard.webhooks.peeking import peek_context
from dashboard.webhooks.tables import EventTable, address, whose_of


def rows(user: Any) -> QuerySet[WebhookEvent]:
    return events_for_list()


def header(user: Any) -> list[Action]:
    return offer(
        user,
        "Endpoints",
        "webhooks:endpoints",
        permission="webhooks.view",
        icon="heartbeat",
        method="page",
    )


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
        # Few are dead or wait for another try; the index by state gives them, and anything goes on top.
        Index("received", ("trouble",), narrow=True),
        Index("received", ("source",)),
        Index("received", ("endpoint",)),
        Index("received", ("type",)),
        Index("received", ("attempts",)),
        Index("received", ("delay",)),
        Index("received", ("object",), narrow=True),
        Index("received", ("customer",), narrow=True),
    ),
    tabs=(
        Tab("trouble", "Gone wrong", {"trouble": ["dead", "failed"]}),
        Tab("dead", "Dead", {"state": "dead"}),
        Tab("waiting", "Waiting", {"state": ["received", "processing"]}),
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
        Export("Endpoint", "endpoint"),
        Export("State", "state"),
        Export("Object", "object_id"),
        Export("Customer", lambda event: (event.whose or {}).get("reference", "")),
        Export("Name", lambda event: whose_of(event)[0]),
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
    bulk=(REPLAY, IGNORE, assign_many("webhookevent")),
    peek=Peek("dashboard/webhooks/_peek.html", peek_context),
    actions=header,
)
