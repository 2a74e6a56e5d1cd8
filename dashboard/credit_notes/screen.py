"""The credit notes list, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.invoices.models import CreditNote
from billing.money import Money
from dashboard.credit_notes.filters import CreditNoteFilters
from dashboard.credit_notes.tables import CreditNoteTable, address, issued_by
from dashboard.lists.screen import Empty, Export, ListScreen, Tab
from dashboard.lists.sorts import Index, Sort, by_time


def rows(user: Any) -> QuerySet[CreditNote]:
    return CreditNote.objects.select_related("invoice", "customer__identity")


def total(note: CreditNote) -> Money:
    return Money(note.total_minor, note.currency)


CREDIT_NOTES = ListScreen(
    name="credit_notes",
    title="Credit notes",
    one="credit note",
    many="credit notes",
    address="credit_notes:index",
    permission="invoices.view",
    model=CreditNote,
    rows=rows,
    filters=CreditNoteFilters,
    table=CreditNoteTable,
    sorts=(
        by_time("issued", "Issued", "issued_at"),
        Sort("amount", "Total", ("total_minor",), ranges=("amount_min", "amount_max")),
    ),
    indexes=(
        Index("issued"),
        Index("issued", ("currency",)),
        Index("issued", ("customer",), narrow=True),
        Index("amount"),
    ),
    tabs=(
        Tab("month", "This month", lambda now: {"issued_from": f"{now:%Y-%m}-01"}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "Nothing has been credited yet",
        "A credit note is the only thing that lowers an issued invoice. Refund or credit an invoice, and its "
        "note stands here with its number.",
        "file-invoice",
    ),
    exports=(
        Export("Number", "label"),
        Export("Reference", "reference"),
        Export("Issued by", issued_by),
        Export("Invoice", "invoice__number"),
        Export("Customer", "customer__reference"),
        Export("Name", "customer__identity__name"),
        Export("Net", lambda note: Money(note.net_minor, note.currency), money=True),
        Export("Tax", lambda note: Money(note.tax_minor, note.currency), money=True),
        Export("Total", total, money=True),
        Export("Reason", "reason"),
        Export("Issued (UTC)", "issued_at"),
    ),
    row_address=address,
    money=total,
)
