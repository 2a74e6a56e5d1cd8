"""What of an invoice may still be given back, and what of a payment an invoice's credit notes have taken."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum

from billing.disputes.models import Dispute
from billing.invoices.models import CreditNote, Invoice
from billing.invoices.queries import invoices_for_list
from billing.money import Money
from billing.payments.models import Payment, PaymentAllocation
from billing.refunds import rules
from billing.refunds.models import Refund

__all__ = ["Kept", "kept_by_notes", "kept_of_many", "left_of_invoice", "paid_on", "returned_of"]


def paid_on(invoice: Invoice) -> int:
    """What payments that stand and the customer's balance have paid of it, in minor units."""
    known: Any = invoices_for_list().get(pk=invoice.pk)
    return min(known.paid_minor + known.balance_minor, max(0, known.total_minor))


def returned_of(invoice: Invoice) -> int:
    """What of the paid part has gone back already: by credit notes, by refunds without one, by disputes."""
    plain = 0
    for allocation in PaymentAllocation.objects.filter(invoice=invoice, payment__state="succeeded"):
        plain += min(allocation.amount_minor, _taken_past_notes(allocation.payment_id, bool(invoice.gateway)))
    notes = CreditNote.objects.filter(invoice=invoice, voided_at=None)
    by_notes = 0 if invoice.gateway else sum(notes.values_list("on_paid_minor", flat=True))
    return min(paid_on(invoice), by_notes + plain)


def left_of_invoice(invoice: Invoice, *, but: int | None = None) -> Money:
    """What of the invoice may still be given back: paid, less what has gone back, less refunds of it that
    wait for a second person (``but`` one of them). True for sure only under the invoice's lock."""
    waiting = Refund.objects.filter(invoice=invoice, credit_note=None, state__in=rules.HOLDS)
    if but is not None:
        waiting = waiting.exclude(pk=but)
    held = sum(waiting.values_list("amount_minor", flat=True))
    return Money(max(0, paid_on(invoice) - returned_of(invoice) - held), invoice.currency)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a credit note has given the customer of an invoice without a refund that brings it back."""

    note: CreditNote
    amount: Money


def kept_by_notes(payment: Payment) -> list[Kept]:
    """What of a payment is the customer's by credit notes already, as store credit or after a failed refund:
    giving it back once more would be giving twice. One query where there is no note.

    Of an invoice that several payments paid the whole counts against each, as far as each paid.
    """
    notes = CreditNote.objects.filter(
        invoice__allocations__payment=payment, invoice__gateway="", voided_at=None, on_paid_minor__gt=0
    )
    kept: list[Kept] = []
    for note in notes.order_by("pk"):
        back = Refund.objects.filter(credit_note=note, state__in=rules.HOLDS)
        minor = note.on_paid_minor - sum(back.values_list("amount_minor", flat=True))
        if minor > 0:
            kept.append(Kept(note, Money(minor, note.currency)))
    return kept


def kept_of_many(payment_ids: Collection[int]) -> dict[int, int]:
    """The sum of `kept_by_notes` in minor units for each of several payments; two queries."""
    notes = CreditNote.objects.filter(
        invoice__allocations__payment__in=payment_ids,
        invoice__gateway="",
        voided_at=None,
        on_paid_minor__gt=0,
    ).values_list("invoice__allocations__payment_id", "pk", "on_paid_minor")
    found = list(notes)
    refunds = Refund.objects.filter(credit_note__in={pk for _, pk, _ in found}, state__in=rules.HOLDS)
    sums = refunds.order_by().values_list("credit_note_id").annotate(total=Sum("amount_minor"))
    back = dict(sums)
    kept: dict[int, int] = {}
    for payment_id, pk, minor in found:
        kept[payment_id] = kept.get(payment_id, 0) + max(0, minor - back.get(pk, 0))
    return kept


def _taken_past_notes(payment_id: int, with_notes: bool) -> int:
    """Refunds of a payment that no credit note stands behind, beyond what paid no invoice, and disputes."""
    refunds = Refund.objects.filter(payment=payment_id, state__in=rules.HOLDS)
    if not with_notes:
        refunds = refunds.filter(invoice=None, credit_note=None)
    gone = sum(amount - drawn for amount, drawn in refunds.values_list("amount_minor", "from_balance_minor"))
    disputes = Dispute.objects.filter(payment=payment_id)
    return gone + sum(disputes.values_list("withdrawn_minor", flat=True))
