"""The disputes list, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.disputes.models import NO_DEADLINE, Dispute
from billing.disputes.queries import disputes_for_list
from billing.money import Money
from dashboard.disputes.filters import DisputeFilters
from dashboard.disputes.page import peek_context
from dashboard.disputes.tables import DisputeTable, address
from dashboard.disputes.words import reason_words
from dashboard.lists.screen import Empty, Export, ListScreen, Peek, Tab
from dashboard.lists.sorts import Index, by_time
from dashboard.queues.bulk import assign_many


def rows(user: Any) -> QuerySet[Dispute]:
    return disputes_for_list()


def amount(dispute: Dispute) -> Money:
    return Money(dispute.amount_minor, dispute.currency)


DISPUTES = ListScreen(
    name="disputes",
    title="Disputes",
    one="dispute",
    many="disputes",
    address="disputes:index",
    permission="disputes.view",
    model=Dispute,
    rows=rows,
    filters=DisputeFilters,
    table=DisputeTable,
    sorts=(
        by_time(),
        by_time(
            "due",
            "Answer by",
            "evidence_due_at",
            descending=False,
            down="Latest first",
            up="Soonest first",
            nulls={"evidence_due_at": NO_DEADLINE},
        ),
    ),
    indexes=(
        Index("created"),
        Index("created", ("state",)),
        Index("created", ("customer",), narrow=True),
        Index("due"),
        Index("due", ("state",)),
    ),
    tabs=(
        Tab("response", "Needs a response", {"state": "needs_response"}, sort="due"),
        Tab("warnings", "Early warnings", {"state": "warning"}),
        Tab("review", "Under review", {"state": "under_review"}),
        Tab("lost", "Lost", {"state": "lost"}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "Nobody has disputed a payment",
        "When a cardholder asks their bank for the money back, the gateway tells the desk, and the dispute "
        "stands here with the day by which it must be answered.",
        "gavel",
    ),
    exports=(
        Export("Reference", "reference"),
        Export("State", "state"),
        Export("Customer", "customer__reference"),
        Export("Name", "customer__identity__name"),
        Export("Payment", "payment__reference"),
        Export("Reason", reason_words),
        Export("Amount", amount, money=True),
        Export("Withdrawn", lambda d: Money(d.withdrawn_minor, d.currency), money=True),
        Export("Answer by (UTC)", "evidence_due_at"),
        Export("Opened (UTC)", "created_at"),
    ),
    row_address=address,
    money=amount,
    bulk=(assign_many("dispute"),),
    peek=Peek("dashboard/disputes/_peek.html", peek_context),
)
