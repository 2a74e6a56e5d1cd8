"""What stands at the side of the list about one invoice."""

from collections.abc import Mapping
from typing import Any

from billing.invoices.models import Invoice
from billing.invoices.queries import credit_notes_of, lines_of
from dashboard.invoices.facts import pairs
from dashboard.invoices.page import story
from dashboard.invoices.tables import state_to_show

MOST = 6


def peek_context(invoice: Invoice, user: Any) -> Mapping[str, Any]:
    """Facts, the first lines, and what happened."""
    lines = lines_of(invoice)
    return {
        "invoice": invoice,
        "shown_state": state_to_show(invoice),
        "pairs": pairs(invoice, user),
        "lines": lines[:MOST],
        "more": max(0, len(lines) - MOST),
        "entries": story(invoice, credit_notes_of(invoice))[:6],
    }
