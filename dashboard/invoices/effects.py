"""What will happen, before it does: money, documents, tax and what waits, for each act on an invoice."""

from typing import Any

from django.utils import timezone

from billing.errors import Refused
from billing.invoices.crediting import unrendered
from billing.invoices.drafting import lines_as_pieces, preview_order
from billing.invoices.models import Invoice
from billing.invoices.orders import InvoiceOrder
from billing.invoices.queries import open_amount
from dashboard.invoices.wording import words
from dashboard.parts.entries import Effect, Notice

type Told = list[Effect | Notice]


def of_voiding(invoice: Any, form: Any) -> Told:
    """A void, or the credit note that takes its place once revenue was recognised."""
    total = words(invoice.total_minor, invoice.currency)
    if unrendered(invoice, timezone.now()) < invoice.net_minor:
        return [
            Notice(
                f"{invoice.label} cannot be voided any more: part of its revenue is recognised",
                "It is credited in full instead.",
                "look",
            ),
            Effect(
                f"A credit note of {total}", "The next of the CN series; the invoice stays.", "receipt-off"
            ),
            Effect("Nothing is owed on it", "What was open is closed by the credit note.", "scale"),
        ]
    told: Told = [
        Effect("Nothing is owed on it any more", f"{total} is no longer due.", "scale"),
        Effect("Its posting is taken back", "The ledger and the tax of the period follow.", "book-2"),
        Effect(f"{invoice.label} stays in the series", "The number is not used again.", "file-invoice"),
    ]
    if invoice.balance_minor:
        back = words(invoice.balance_minor, invoice.currency)
        told.append(Effect(f"{back} of store credit is back on the balance", "", "coins"))
    if invoice.subscription:
        told.append(
            Effect("The subscription goes on", "The period that this billed is not billed again.", "repeat")
        )
    return told


def of_correcting(invoice: Any, form: Any) -> Told:
    """The credit note, the invoice in its place, and what differs between them."""
    data = form.cleaned_data
    order = _order_of(invoice, f"reissue:{invoice.reference}", data, invoice.tax_point)
    try:
        anew, _ = preview_order(order, now=timezone.now())
    except Refused as refusal:
        return [Notice("This cannot be done as it stands", refusal.sentence, "bad")]
    total = words(invoice.total_minor, invoice.currency)
    told: Told = [
        Effect(f"{invoice.label} is credited in full", f"A credit note of {total}.", "receipt-off"),
        Effect(
            f"A new invoice of {words(anew.total_minor, anew.currency)} stands in its place",
            f"{words(anew.net_minor, anew.currency)} net and {words(anew.tax_minor, anew.currency)} of tax. "
            f"{anew.tax_why}",
            "file-invoice",
        ),
        _differences(invoice, anew),
    ]
    if invoice.paid_minor:
        paid = words(invoice.paid_minor, invoice.currency)
        told.append(
            Effect(f"{paid} that was paid pays the new one", "What is left stays as store credit.", "coins")
        )
    return [*told, _collecting(data)]


def of_settling(invoice: Any, form: Any) -> Told:
    owed = open_amount(invoice)
    amount = words(owed.minor, owed.currency)
    return [
        Effect(f"{invoice.label} is paid", f"All {amount} that is open on it.", "circle-check"),
        Effect(
            f"A payment of {amount} is recorded",
            "From our bank, without a gateway and a fee.",
            "building-bank",
        ),
        Effect("Nothing is charged", "The invoice leaves the sweep that collects.", "credit-card-off"),
    ]


def of_finalising(invoice: Any, form: Any) -> Told:
    """The invoice as it would be issued now, with the tax of the customer's data of now."""
    data = form.cleaned_data
    order = _order_of(invoice, invoice.cause or f"draft:{invoice.reference}", data, invoice.tax_point)
    try:
        anew, _ = preview_order(order, now=timezone.now())
    except Refused as refusal:
        return [Notice("This cannot be issued as it stands", refusal.sentence, "bad")]
    told: Told = [
        Effect(
            f"An invoice of {words(anew.total_minor, anew.currency)} is issued",
            "It gets the next number and is frozen from then on.",
            "file-invoice",
        ),
        Effect(
            f"{words(anew.tax_minor, anew.currency)} of tax",
            anew.tax_why or "No rule was told.",
            "receipt-tax",
        ),
    ]
    if anew.total_minor != invoice.total_minor:
        before = words(invoice.total_minor, invoice.currency)
        told.insert(0, Notice(f"The draft said {before}", "Tax or address have changed since.", "look"))
    return [*told, _collecting(data)]


def of_discarding(invoice: Any, form: Any) -> Told:
    told: Told = [Effect("The draft is deleted", "It had no number, and nothing was posted.", "trash")]
    waited = invoice.pending_lines.count()
    if waited:
        lines = "1 line" if waited == 1 else f"{waited} lines"
        told.append(Effect(f"{lines} wait for the next invoice again", "", "clock"))
    return told


def _order_of(invoice: Invoice, cause: str, data: dict[str, Any], tax_point: Any) -> InvoiceOrder:
    return InvoiceOrder(
        customer_id=invoice.customer_id,
        subscription_id=invoice.subscription_id,
        currency=invoice.currency,
        pieces=lines_as_pieces(invoice),
        cause=cause,
        collect=data.get("collect") or "send",
        tax_point=tax_point or (invoice.finalised_at or timezone.now()).date(),
        due_days=data.get("due_days") or 0,
        takes_pending=False,
    )


def _differences(before: Invoice, anew: Invoice) -> Effect:
    """What a reader of both documents would see."""
    told = []
    for part, label in (("name", "name"), ("tax_id", "tax number"), ("country", "country")):
        was, now = before.bill_to.get(part) or "none", anew.bill_to.get(part) or "none"
        if was != now:
            told.append(f"{label}: {was} becomes {now}")
    if any(
        before.bill_to.get(part) != anew.bill_to.get(part)
        for part in ("line1", "line2", "city", "postal_code")
    ):
        told.append("another address")
    if before.tax_minor != anew.tax_minor:
        told.append(
            f"tax: {words(before.tax_minor, before.currency)} becomes {words(anew.tax_minor, anew.currency)}"
        )
    if not told:
        return Effect(
            "Both say the same", "Mend the customer's data first, where that is wrong.", "info-circle"
        )
    return Effect("What differs", "; ".join(told).capitalize() + ".", "replace")


def _collecting(data: dict[str, Any]) -> Effect:
    days = data.get("due_days") or 0
    due = "Due at once." if not days else f"Due in {days} days."
    if data.get("collect") == "charge":
        return Effect("It is charged to the method on file", f"By the next sweep. {due}", "credit-card")
    return Effect("The customer is asked to pay it", due, "mail")
