"""What was really billed: the lines that later changes take unused time back from."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F

from billing.fields import AnyOf
from billing.invoices.composing import TakenBack
from billing.invoices.models import InvoiceLine

__all__ = ["billed_lines", "taken_back"]

CHARGES = ("subscription", "proration_charge")


def billed_lines(item_ids: Iterable[int], at: datetime) -> dict[int, list[InvoiceLine]]:
    """Of each item, the lines of issued invoices that charge for that moment, oldest first: one statement.

    Void invoices, and those that were credited whole and issued anew, are not among them.
    """
    rows = InvoiceLine.objects.filter(
        AnyOf(F("item_id"), set(item_ids)),
        item__isnull=False,
        kind__in=CHARGES,
        period_start__lte=at,
        period_end__gt=at,
    )
    rows = rows.exclude(invoice__state__in=("draft", "void")).filter(invoice__corrected_by__isnull=True)
    found: dict[int, list[InvoiceLine]] = {}
    for row in rows.select_related("invoice").order_by("pk"):
        found.setdefault(row.item_id or 0, []).append(row)
    return found


def taken_back(line: InvoiceLine) -> TakenBack:
    """How unused time of a billed line is taken back: at its rate and treatment, naming its invoice."""
    return TakenBack(line.tax_rate, line.treatment, line.invoice.label, line.pk)
