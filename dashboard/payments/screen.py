"""The payments list, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.money import Money
from billing.payments import bulk as bulk_handlers
from billing.payments.models import Payment
from billing.payments.queries import method_words, payments_for_list
from dashboard.actions.refunding import REFUND_PAYMENTS
from dashboard.actions.tagging import TagForm
from dashboard.lists.screen import BulkAction, Empty, Export, ListScreen, Peek, Tab
from dashboard.lists.sorts import Index, Sort, by_time
from dashboard.parts.formatting import grouped
from dashboard.payments.filters import PaymentFilters
from dashboard.payments.peeking import peek_context
from dashboard.payments.tables import PaymentTable, address
from dashboard.queues.bulk import assign_many


def rows(user: Any) -> QuerySet[Payment]:
    return payments_for_list()


def amount(payment: Payment) -> Money:
    return Money(payment.amount_minor, payment.currency)


PAYMENTS = ListScreen(
    name="payments",
    title="Payments",
    one="payment",
    many="payments",
    address="payments:index",
    permission="payments.view",
    model=Payment,
    rows=rows,
    filters=PaymentFilters,
    table=PaymentTable,
    sorts=(
        by_time(),
        Sort("amount", "Amount", ("amount_minor",), ranges=("amount_min", "amount_max")),
    ),
    indexes=(
        Index("created"),
        Index("created", ("state",)),
        Index("created", ("gateway",)),
        Index("created", ("currency",)),
        Index("created", ("last4",), narrow=True),
        Index("created", ("customer",), narrow=True),
        Index("amount"),
        Index("amount", ("state",)),
    ),
    tabs=(
        Tab("failed", "Failed", {"state": "failed"}),
        Tab("unknown", "Unknown", {"state": "unknown"}),
        Tab("customer", "Need the customer", {"state": "requires_action"}),
        Tab("month", "This month", lambda now: {"created_from": f"{now:%Y-%m}-01"}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "No payment has come in yet",
        "Every charge, paid or failed, stands here as soon as a gateway tells of it or an import brings it.",
        "credit-card",
    ),
    exports=(
        Export("Reference", "reference"),
        Export("State", "state"),
        Export("Customer", "customer__reference"),
        Export("Name", "customer__identity__name"),
        Export("Amount", amount, money=True),
        Export("Refunded", lambda payment: Money(payment.refunded_minor, payment.currency), money=True),
        Export("Method", method_words),
        Export("Gateway", "gateway"),
        Export("Gateway's id", "gateway_id"),
        Export("Failure", "failure_code"),
        Export("Created (UTC)", "created_at"),
        Export("Succeeded (UTC)", "succeeded_at"),
    ),
    row_address=address,
    money=amount,
    bulk=(
        assign_many("payment"),
        REFUND_PAYMENTS,
        BulkAction(
            name="tag",
            label="Tag customers…",
            kind=bulk_handlers.TAG_CUSTOMERS,
            permission="customers.note",
            form=TagForm,
            effect=lambda count, asked: (
                f"The customers of {grouped(count)} payments get the tag “{asked.get('tag') or '…'}”"
            ),
            icon="tag",
        ),
    ),
    peek=Peek("dashboard/payments/_peek.html", peek_context),
)
