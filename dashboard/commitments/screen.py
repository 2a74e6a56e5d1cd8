"""The commitments list, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.subscriptions.commitments.models import Commitment
from billing.subscriptions.commitments.queries import commitments_for_list
from billing.subscriptions.listing import monthly_of
from dashboard.commitments.filters import CommitmentFilters
from dashboard.commitments.page import peek_context
from dashboard.commitments.tables import CommitmentTable, address, plan, watch
from dashboard.lists.screen import Empty, Export, ListScreen, Peek, Tab
from dashboard.lists.sorts import Index, by_time


def rows(user: Any) -> QuerySet[Commitment]:
    return commitments_for_list()


COMMITMENTS = ListScreen(
    name="commitments",
    title="Commitments",
    one="commitment",
    many="commitments",
    address="commitments:index",
    permission="commitments.view",
    model=Commitment,
    rows=rows,
    filters=CommitmentFilters,
    table=CommitmentTable,
    sorts=(
        by_time("ends", "Ends", "ends_at", descending=False, down="Latest first", up="Soonest first"),
        by_time("created", "Agreed"),
    ),
    indexes=(
        Index("ends"),
        Index("ends", ("state",)),
        Index("created"),
        Index("created", ("state",)),
        Index("created", ("customer",), narrow=True),
    ),
    tabs=(
        Tab("risk", "At risk", {"state": "at_risk"}),
        Tab("canceled", "Ending with their term", {"state": ["canceling", "confirmed"]}),
        Tab("agreed", "Agreed", {"state": "agreed"}),
        Tab("over", "Over", {"state": ["ended", "released"]}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "Nobody has agreed to a term yet",
        "A customer who agrees to stay for a year or more stands here, until when, and whether a "
        "cancellation will hold where it is collected. Agree on one from a subscription's page.",
        "heart-handshake",
    ),
    exports=(
        Export("Reference", "reference"),
        Export("State", "state"),
        Export("Customer", "customer__reference"),
        Export("Name", "customer__identity__name"),
        Export("Subscription", "subscription__reference"),
        Export("Plan", plan),
        Export("Per month", lambda each: monthly_of(each.subscription), money=True),
        Export("Starts", "starts_on"),
        Export("Ends", "ends_on"),
        Export("Renews", lambda each: "yes" if each.renews else "no"),
        Export("Canceled (UTC)", "cancel_asked_at"),
        Export("The watch", watch),
        Export("Looked at (UTC)", "watched_at"),
    ),
    row_address=address,
    money=lambda each: monthly_of(each.subscription),
    peek=Peek("dashboard/commitments/_peek.html", peek_context),
)
