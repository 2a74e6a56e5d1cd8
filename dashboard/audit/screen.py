"""The trail and the reads as lists, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.audit.models import AccessRead
from billing.history.models import HistoryEntry
from billing.money import Money
from dashboard.audit import nouns, words
from dashboard.audit.filters import AuditFilters, ReadFilters
from dashboard.audit.tables import AuditTable, ReadTable, address, read_address
from dashboard.lists.screen import Empty, Export, ListScreen, Tab
from dashboard.lists.sorts import Index, by_time
from dashboard.parts.entries import Action


def rows(user: Any) -> QuerySet[HistoryEntry]:
    return HistoryEntry.objects.select_related("customer__identity").annotate(called=nouns.called())


def reads(user: Any) -> QuerySet[AccessRead]:
    return AccessRead.objects.select_related("customer__identity")


def places(user: Any) -> list[Action]:
    """The other screens of the trail."""
    from django.urls import reverse

    return [
        Action("Reads", reverse("audit:reads"), "eye", method="page"),
        Action("Outside the desk", reverse("audit:outside"), "database", method="page"),
        Action("Seals", reverse("audit:seals"), "lock", method="page"),
        Action("Access review", reverse("audit:access"), "users-group", method="page"),
    ]


def money(entry: HistoryEntry) -> Money | None:
    if entry.amount_minor is None or not entry.currency:
        return None
    return Money(entry.amount_minor, entry.currency)


def whole_month(now: Any) -> dict[str, str]:
    return {"at_from": f"{now:%Y-%m}-01"}


AUDIT = ListScreen(
    name="audit",
    title="Audit trail",
    one="entry",
    many="entries",
    address="audit:index",
    permission="audit.view",
    model=HistoryEntry,
    rows=rows,
    filters=AuditFilters,
    table=AuditTable,
    sorts=(by_time("at", "When", "at"),),
    indexes=(
        Index("at"),
        Index("at", ("by",)),
        Index("at", ("who",)),
        Index("at", ("by", "who")),
        Index("at", ("noun",)),
        Index("at", ("action",)),
        Index("at", ("noun", "action")),
        Index("at", ("object",), narrow=True),
        Index("at", ("customer",), narrow=True),
        Index("at", ("request",), narrow=True),
    ),
    tabs=(
        Tab("people", "Staff", {"by": "person"}, counted=False),
        Tab("goodwill", "Goodwill credits", {"action": words.GOODWILL}, counted=False),
        Tab("month", "This month", whole_month, counted=False),
        Tab("all", "All", counted=False),
    ),
    usual="all",
    empty=Empty(
        "Nothing has happened yet",
        "Everything that people and machines do stands here with who, when and why, and is never changed.",
        "history",
    ),
    exports=(
        Export("Entry", "pk"),
        Export("When (UTC)", "at"),
        Export("Who", "actor_name"),
        Export("Who (id)", "actor_ref"),
        Export("By", "actor_kind"),
        Export("What happened", words.sentence),
        Export("Object", lambda entry: nouns.noun(entry.subject_kind)),
        Export("Object's reference", "called"),
        Export("Customer", "customer__reference"),
        Export("From state", "from_state"),
        Export("To state", "to_state"),
        Export("Amount", money, money=True),
        Export("Reason", "reason"),
        Export("Request", "request_id"),
        Export("Transaction", "xid"),
    ),
    row_address=address,
    key="id",
    actions=places,
)

READS = ListScreen(
    name="reads",
    title="Reads of personal data",
    one="read",
    many="reads",
    address="audit:reads",
    permission="audit.view",
    model=AccessRead,
    rows=reads,
    filters=ReadFilters,
    table=ReadTable,
    sorts=(by_time("at", "When", "at"),),
    indexes=(
        Index("at"),
        Index("at", ("who",)),
        Index("at", ("kind",)),
        Index("at", ("customer",), narrow=True),
        Index("at", ("request",), narrow=True),
    ),
    tabs=(
        Tab("exports", "Exports", {"kind": "export"}, counted=False),
        Tab("month", "This month", whole_month, counted=False),
        Tab("all", "All", counted=False),
    ),
    usual="all",
    empty=Empty(
        "Nobody has opened a customer yet",
        "Each page of a customer that a member opens, each peek at one and each export stands here.",
        "eye",
    ),
    exports=(
        Export("Read", "pk"),
        Export("When (UTC)", "at"),
        Export("Who", "member_name"),
        Export("Who (id)", "member_ref"),
        Export("What", "kind"),
        Export("Screen", "screen"),
        Export("Customer", "customer__reference"),
        Export("Narrowed by", "filters"),
        Export("Request", "request_id"),
    ),
    row_address=read_address,
    key="id",
)
