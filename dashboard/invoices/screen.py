"""The invoices list, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.invoices.models import NO_DAY, Invoice
from billing.invoices.queries import invoices_for_list, open_amount
from billing.money import Money
from dashboard.invoices.filters import InvoiceFilters
from dashboard.invoices.many import DOCUMENTS, SEND
from dashboard.invoices.peeking import peek_context
from dashboard.invoices.tables import InvoiceTable, address, issued_by, state_to_show
from dashboard.lists.screen import Empty, Export, ListScreen, Peek, Tab
from dashboard.lists.sorts import Index, Sort, by_time


def rows(user: Any) -> QuerySet[Invoice]:
    return invoices_for_list()


def total(invoice: Invoice) -> Money:
    return Money(invoice.total_minor, invoice.currency)


INVOICES = ListScreen(
    name="invoices",
    title="Invoices",
    one="invoice",
    many="invoices",
    address="invoices:index",
    permission="invoices.view",
    model=Invoice,
    rows=rows,
    filters=InvoiceFilters,
    table=InvoiceTable,
    sorts=(
        by_time(),
        by_time(
            "due",
            "Due",
            "due_on",
            descending=False,
            down="Latest first",
            up="Longest due first",
            nulls={"due_on": NO_DAY},
        ),
        Sort("amount", "Total", ("total_minor",), ranges=("amount_min", "amount_max")),
    ),
    indexes=(
        Index("created"),
        Index("created", ("state",)),
        Index("created", ("currency",)),
        Index("created", ("issued_by",)),
        Index("created", ("number",), narrow=True),
        Index("created", ("customer",), narrow=True),
        Index("created", ("subscription",), narrow=True),
        Index("due"),
        Index("due", ("state",)),
        Index("due", ("overdue",)),
        Index("amount"),
        Index("amount", ("state",)),
    ),
    tabs=(
        Tab("drafts", "Drafts", {"state": "draft"}),
        Tab("open", "Open", {"state": "open"}),
        Tab("overdue", "Overdue", {"overdue": "yes"}, sort="due"),
        Tab("paid", "Paid", {"state": "paid"}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "Nothing has been invoiced yet",
        "Each invoice stands here with what is still open on it, from its draft to its last cent, as soon as "
        "a period is billed or an import brings it.",
        "file-invoice",
    ),
    exports=(
        Export("Number", "label"),
        Export("Reference", "reference"),
        Export("Issued by", issued_by),
        Export("State", lambda invoice: state_to_show(invoice).label),
        Export("Customer", "customer__reference"),
        Export("Name", "customer__identity__name"),
        Export("Net", lambda invoice: Money(invoice.net_minor, invoice.currency), money=True),
        Export("Tax", lambda invoice: Money(invoice.tax_minor, invoice.currency), money=True),
        Export("Total", total, money=True),
        Export("Still open", open_amount, money=True),
        Export("Due", "due_on"),
        Export("Created (UTC)", "created_at"),
        Export("Issued (UTC)", "finalised_at"),
        Export("Paid (UTC)", "paid_at"),
        Export("Gateway's id", "gateway_id"),
    ),
    row_address=address,
    label=lambda invoice: invoice.label,
    money=total,
    bulk=(SEND, DOCUMENTS),
    peek=Peek("dashboard/invoices/_peek.html", peek_context),
)
