"""The log of messages, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.messages.models import Message
from dashboard.actions.offers import offer
from dashboard.lists.screen import Empty, Export, ListScreen, Peek, Tab
from dashboard.lists.sorts import Index, by_time
from dashboard.messages.filters import MessageFilters
from dashboard.messages.page import peek_context
from dashboard.messages.tables import MessageTable, address, kind_label
from dashboard.parts.entries import Action


def rows(user: Any) -> QuerySet[Message]:
    return Message.objects.select_related("customer__identity")


def header(user: Any) -> list[Action]:
    return offer(user, "Texts", "messages:templates", permission="messages.view", icon="edit", method="page")


MESSAGES = ListScreen(
    name="messages",
    title="Messages",
    one="message",
    many="messages",
    address="messages:index",
    permission="messages.view",
    model=Message,
    rows=rows,
    filters=MessageFilters,
    table=MessageTable,
    sorts=(by_time("created", "Written", "created_at"),),
    indexes=(
        Index("created"),
        Index("created", ("state",)),
        Index("created", ("kind",)),
        Index("created", ("customer",), narrow=True),
    ),
    tabs=(
        Tab("failed", "Failed", {"state": "failed"}),
        Tab("going", "On their way", {"state": ["waiting", "queued", "sending"]}),
        Tab("not_sent", "Not sent", {"state": "canceled"}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "No customer was written to yet",
        "A refund's dialog offers it, and credits that come to their end are announced.",
        "mail",
    ),
    exports=(
        Export("Reference", "reference"),
        Export("State", "state"),
        Export("About", kind_label),
        Export("Customer", "customer__reference"),
        Export("Language", "language"),
        Export("Text version", "version"),
        Export("Why not", "why_not"),
        Export("By", "asked_by_name"),
        Export("Written (UTC)", "created_at"),
        Export("Sent (UTC)", "sent_at"),
    ),
    row_address=address,
    peek=Peek("dashboard/messages/_peek.html", peek_context),
    actions=header,
)
