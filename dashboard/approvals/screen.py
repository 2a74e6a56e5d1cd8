"""The list of requests, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.approvals.models import Approval
from billing.money import Money, is_currency
from dashboard.actions.offers import offer
from dashboard.approvals.filters import ApprovalFilters
from dashboard.approvals.page import peek_context
from dashboard.approvals.tables import ApprovalTable, action_label, address
from dashboard.lists.screen import Empty, Export, ListScreen, Peek, Tab
from dashboard.lists.sorts import Index, by_time
from dashboard.parts.entries import Action


def rows(user: Any) -> QuerySet[Approval]:
    return Approval.objects.select_related("customer__identity")


def money(approval: Approval) -> Money | None:
    return Money(approval.amount_minor, approval.currency) if is_currency(approval.currency) else None


def header(user: Any) -> list[Action]:
    return offer(
        user, "Limits", "approvals:limits", permission="approvals.view", icon="adjustments", method="page"
    )


APPROVALS = ListScreen(
    name="approvals",
    title="Approvals",
    one="request",
    many="requests",
    address="approvals:index",
    permission="approvals.view",
    model=Approval,
    rows=rows,
    filters=ApprovalFilters,
    table=ApprovalTable,
    sorts=(by_time("asked", "Asked", "asked_at"),),
    indexes=(
        Index("asked"),
        Index("asked", ("state",)),
        Index("asked", ("action",)),
        Index("asked", ("customer",), narrow=True),
    ),
    tabs=(
        Tab("waiting", "Waiting", {"state": "requested"}),
        Tab("failed", "Could not be done", {"state": "failed"}),
        Tab("decided", "Decided", {"state": ["executed", "rejected"]}),
        Tab("all", "All"),
    ),
    usual="waiting",
    empty=Empty(
        "Nothing waits for a second person",
        "When somebody asks for a refund or for credits above their limit, the request stands here until "
        "somebody else says yes or no.",
        "shield-check",
    ),
    exports=(
        Export("Reference", "reference"),
        Export("State", "state"),
        Export("Action", action_label),
        Export("Target", "target_label"),
        Export("Customer", "customer__reference"),
        Export(
            "Amount", lambda approval: approval.amount_minor if money(approval) is None else money(approval)
        ),
        Export("Unit", "currency"),
        Export("Rule", "rule"),
        Export("Asked by", "asked_by_name"),
        Export("Asked (UTC)", "asked_at"),
        Export("Decided by", "decided_by_name"),
        Export("Decided (UTC)", "decided_at"),
    ),
    row_address=address,
    peek=Peek("dashboard/approvals/_peek.html", peek_context),
    actions=header,
)
