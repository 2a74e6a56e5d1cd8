"""The sentence on an invoice's page that changes what one does."""

from typing import Any

from django.utils import timezone

from billing.invoices.locating import disagrees
from billing.invoices.queries import is_overdue, open_amount
from dashboard.invoices.tables import address
from dashboard.invoices.wording import words
from dashboard.parts.entries import Notice


def notices(invoice: Any) -> list[Notice]:
    """The sentences that change what one does: of its state, and of where its consumer is."""
    return [*_of_state(invoice), *_of_location(invoice)]


def _of_location(invoice: Any) -> list[Notice]:
    if invoice.gateway or invoice.state == "draft" or not disagrees(invoice.treatment, invoice.evidence):
        return []
    said = "The billing address decided. Ask the customer, mend the address, then correct and issue anew."
    return [Notice("What is known of where this customer is does not agree", said, "look", "map-pin")]


def _of_state(invoice: Any) -> list[Notice]:
    today = timezone.localdate()
    if invoice.state == "draft":
        return [
            Notice(
                "This is a draft: it has no number, and its lines may still change",
                "Nothing is owed and nothing is posted before it is issued.",
                "idle",
            )
        ]
    if is_overdue(invoice, today):
        days = (today - invoice.due_on).days
        late = "1 day" if days == 1 else f"{days} days"
        owed = open_amount(invoice)
        return [Notice(f"{words(owed.minor, owed.currency)} is {late} late", "", "wait")]
    anew = getattr(invoice, "corrected_by", None)
    if anew is not None:
        return [
            Notice(
                f"This invoice was credited and issued anew as {anew.label}",
                "It stays as it was issued; what is owed is owed on the new one.",
                "look",
                "replace",
                address(anew),
                f"Open {anew.label}",
            )
        ]
    if invoice.state == "void":
        return [
            Notice(
                "This invoice was voided: nothing is owed on it",
                "The number stays in the series, and its posting was taken back.",
                "idle",
            )
        ]
    if invoice.state == "uncollectible":
        return [
            Notice(
                "This invoice was written off",
                "It is still owed; a payment that comes after all is booked as recovered.",
                "bad",
            )
        ]
    return []
