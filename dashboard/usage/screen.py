"""The usage list, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.usage.models import UsageEvent
from dashboard.actions.offers import offer
from dashboard.lists.screen import Empty, Export, ListScreen, Tab
from dashboard.lists.sorts import Index, by_time
from dashboard.parts.entries import Action
from dashboard.usage.filters import UsageFilters
from dashboard.usage.tables import UsageTable, address, meter, quantity


def rows(user: Any) -> QuerySet[UsageEvent]:
    return UsageEvent.objects.select_related("customer__identity", "meter")


def customer(event: UsageEvent) -> str:
    return event.customer.reference


def places(user: Any) -> list[Action]:
    return [
        *offer(user, "Gaps", "usage:gaps", permission="usage.view", icon="clock", method="page"),
        *offer(user, "At gateways", "usage:pushes", permission="usage.view", icon="upload", method="page"),
    ]


USAGE = ListScreen(
    name="usage",
    title="Usage",
    one="event",
    many="events",
    address="usage:index",
    permission="usage.view",
    model=UsageEvent,
    rows=rows,
    filters=UsageFilters,
    table=UsageTable,
    sorts=(by_time("received", "Received", "received_at"),),
    indexes=(Index("received"), Index("received", ("meter",))),
    tabs=(Tab("all", "All"),),
    usual="all",
    empty=Empty(
        "No usage has been reported yet",
        "The host product reports what its customers use; each event stands here as it comes in.",
        "gauge",
    ),
    exports=(
        Export("Customer", customer),
        Export("Meter", meter),
        Export("Quantity", quantity),
        Export("Key", "key"),
        Export("Credits", "credits"),
        Export("Happened (UTC)", "at"),
        Export("Counts (UTC)", "counted_at"),
        Export("Received (UTC)", "received_at"),
        Export("Reported by", "actor_ref"),
    ),
    row_address=address,
    actions=places,
)
