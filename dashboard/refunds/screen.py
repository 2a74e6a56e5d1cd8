"""The refunds list, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.money import Money
from billing.payments.queries import method_words
from billing.refunds.models import Refund
from billing.refunds.queries import NEEDS
from dashboard.actions.offers import offer
from dashboard.lists.screen import Empty, Export, ListScreen, Peek, Tab
from dashboard.lists.sorts import Index, Sort, by_time
from dashboard.parts.entries import Action
from dashboard.queues.bulk import assign_many
from dashboard.refunds.filters import RefundFilters
from dashboard.refunds.peeking import peek_context
from dashboard.refunds.tables import RefundTable, address


def rows(user: Any) -> QuerySet[Refund]:
    return Refund.objects.select_related("payment", "customer__identity")


def amount(refund: Refund) -> Money:
    return Money(refund.amount_minor, refund.currency)


def header(user: Any) -> list[Action]:
    seen = offer(
        user, "A month’s report", "refunds:month", permission="reports.view", icon="scale", method="page"
    )
    return seen + offer(
        user,
        "Refund a payment",
        "refunds:choose",
        permission="refunds.issue",
        icon="plus",
        kind="primary",
        method="page",
    )


REFUNDS = ListScreen(
    name="refunds",
    title="Refunds",
    one="refund",
    many="refunds",
    address="refunds:index",
    permission="refunds.view",
    model=Refund,
    rows=rows,
    filters=RefundFilters,
    table=RefundTable,
    sorts=(
        by_time(),
        Sort("amount", "Amount", ("amount_minor",), ranges=("amount_min", "amount_max")),
    ),
    indexes=(
        Index("created"),
        Index("created", ("needs",), narrow=True),
        Index("created", ("state",)),
        Index("created", ("reason",)),
        Index("created", ("gateway",)),
        Index("created", ("currency",)),
        Index("created", ("customer",), narrow=True),
        Index("amount"),
        Index("amount", ("state",)),
    ),
    tabs=(
        Tab("needs", "Needs a person", {"needs": [key for key, _, _ in NEEDS]}),
        Tab("approval", "For approval", {"state": "pending_approval"}),
        Tab("external", "External, unseen", {"needs": "external"}),
        Tab("under_way", "Under way", {"state": ["approved", "submitting", "pending", "requires_action"]}),
        Tab("failed", "Failed", {"state": "failed"}),
        Tab("month", "This month", lambda now: {"created_from": f"{now:%Y-%m}-01"}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "Nothing has gone back yet",
        "A refund asked for here, or made at a gateway, stands here with its state until the money has "
        "arrived. Start from a payment, a customer, or the button above.",
        "receipt-refund",
    ),
    exports=(
        Export("Reference", "reference"),
        Export("State", "state"),
        Export("Origin", "origin"),
        Export("Customer", "customer__reference"),
        Export("Name", "customer__identity__name"),
        Export("Payment", "payment__reference"),
        Export("Amount", amount),
        Export("Reason", "reason"),
        Export("Back to", lambda refund: method_words(refund.payment)),
        Export("Asked by", "asked_by_name"),
        Export("Gateway", "gateway"),
        Export("Gateway's id", "gateway_id"),
        Export("Failure", "failure_code"),
        Export("Created (UTC)", "created_at"),
        Export("Succeeded (UTC)", "succeeded_at"),
        Export("Failed (UTC)", "failed_at"),
    ),
    row_address=address,
    money=amount,
    bulk=(assign_many("refund"),),
    peek=Peek("dashboard/refunds/_peek.html", peek_context),
    actions=header,
)
