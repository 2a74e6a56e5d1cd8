"""What stands on an invoice besides its lines: whom it was billed to, what settles it, what waits."""

from typing import Any

from billing.invoices.models import CreditNote, Invoice
from billing.invoices.pending_models import PendingLine
from billing.money import Money
from billing.payments.models import PaymentAllocation
from billing.refunds.models import Refund
from dashboard.invoices.wording import country_words
from dashboard.parts.entries import Fact

#: Refunds that the page names.
MOST = 50
ADDRESS = ("line1", "line2")


def refunds_of(paid: list[PaymentAllocation]) -> list[Refund]:
    """Refunds of the payments on it, newest first."""
    ids = [each.payment_id for each in paid]
    return list(Refund.objects.filter(payment__in=ids).order_by("-created_at", "-pk")[:MOST])


def bill_to(invoice: Invoice) -> dict[str, Any]:
    """The address as it was on the day of issue; it stays for the legal term when the person is erased."""
    held = invoice.bill_to
    town = " ".join(str(held[name]) for name in ("postal_code", "city") if held.get(name))
    rows = [
        *(held.get(name) for name in ADDRESS),
        town,
        held.get("region"),
        country_words(held.get("country")),
    ]
    return {
        "name": held.get("name") or "",
        "lines": [str(row) for row in rows if row],
        "tax_id": held.get("tax_id") or "",
    }


def settled(invoice: Any, paid: list[PaymentAllocation], notes: list[CreditNote]) -> list[tuple[str, Money]]:
    """What stands between the total and what is still open, each with its sum."""
    currency = invoice.currency
    rows: list[tuple[str, Money]] = []
    if invoice.paid_minor:
        count = len([each for each in paid if each.payment.state == "succeeded"])
        by = "1 payment" if count == 1 else f"{count} payments"
        rows.append((f"Paid by {by}", Money(invoice.paid_minor, currency)))
    if invoice.credited_minor:
        rows.append(("Credited before it was paid", Money(invoice.credited_minor, currency)))
    if invoice.balance_minor:
        rows.append(("Paid from the customer's balance", Money(invoice.balance_minor, currency)))
    covered = invoice.paid_minor + invoice.credited_minor + invoice.balance_minor
    if invoice.state == "paid" and covered < invoice.total_minor:
        # Paid from a balance at the gateway, or to our bank: no payment of the desk's says so.
        rows.append(("Settled without a payment here", Money(invoice.total_minor - covered, currency)))
    return rows


def waiting_for(invoice: Invoice) -> list[Fact]:
    """What waits for the customer's next invoice, in the currency of this one."""
    rows = PendingLine.objects.filter(customer=invoice.customer_id, currency=invoice.currency, invoice=None)
    return [
        Fact(row.description, Money(row.amount_minor, row.currency), note=row.get_kind_display())
        for row in rows.order_by("pk")[:10]
    ]
