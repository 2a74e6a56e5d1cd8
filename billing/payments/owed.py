"""What is still owed on invoices as the books have it, and within what a payment may be allocated."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Q, Sum

from billing.invoices.models import CreditNote, Invoice
from billing.ledger.accounts import Account
from billing.ledger.models import PostingLine
from billing.payments.models import Payment
from billing.payments.queries import allocated_of_payments, allocated_to_invoices

#: The entry of a payment's history that says a person decided what it pays; gateways no longer do then.
BY_HAND = "allocated"
HOLDS = ("pending_approval", "approved", "submitting", "pending", "requires_action", "succeeded")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Minor units: what is applied now, how much may be at most, and what must stay applied because it paid
    for something that has gone back since."""

    allocated: int
    most: int
    least: int


def owed_on(invoice_ids: Iterable[int]) -> dict[int, int]:
    """What the ledger's receivable still holds of each invoice, less what payments are applied to it.

    Issue, credit notes, store credit, payments past every gateway, write-off and void all count, as they are
    posted.
    """
    ids = list(invoice_ids)
    notes = dict(CreditNote.objects.filter(invoice__in=ids).values_list("pk", "invoice_id"))
    about = Q(posting__subject_kind="invoice", posting__subject_id__in=ids) | Q(
        posting__subject_kind="creditnote", posting__subject_id__in=list(notes)
    )
    lines = PostingLine.objects.filter(about, account=Account.RECEIVABLE).order_by()
    sums = lines.values_list("posting__subject_kind", "posting__subject_id").annotate(Sum("amount_minor"))
    owed = dict.fromkeys(ids, 0)
    for kind, subject_id, minor in sums:
        owed[subject_id if kind == "invoice" else notes[subject_id]] += minor
    for pk, minor in allocated_to_invoices(ids).items():
        owed[pk] -= minor
    return owed


def held_on(invoice_ids: Iterable[int]) -> dict[int, int]:
    """How much of what was paid on each invoice credit notes have given back."""
    rows = CreditNote.objects.filter(invoice__in=list(invoice_ids), voided_at=None).order_by()
    return dict(rows.values_list("invoice_id").annotate(Sum("on_paid_minor")))


def bounds_of(payment: Payment) -> Bounds:
    """Within what the payment, locked, may be applied. Refunds and disputes stand a floor above: their
    tables are read, nothing of theirs is called."""
    refunds = apps.get_model("billing", "Refund")._default_manager.filter(
        payment=payment.pk, state__in=HOLDS, currency=payment.currency
    )
    disputes = apps.get_model("billing", "Dispute")._default_manager.filter(payment=payment.pk)
    sums = refunds.aggregate(all=Sum("amount_minor"), drawn=Sum("from_balance_minor"))
    taken = disputes.aggregate(minor=Sum("withdrawn_minor"))["minor"] or 0
    drawn = sums["drawn"] or 0
    allocated = allocated_of_payments([payment.pk]).get(payment.pk, 0)
    return Bounds(
        allocated=allocated,
        most=payment.captured_minor - drawn,
        least=min(allocated, (sums["all"] or 0) - drawn + taken),
    )


def candidates(payment: Payment, most: int = 20) -> list[tuple[Invoice, int, int]]:
    """The invoices that it pays and the open ones it could, each with its share and what is still owed."""
    shares = dict(payment.allocations.values_list("invoice_id", "amount_minor"))
    theirs = Invoice.objects.filter(customer=payment.customer_id, currency=payment.currency)
    rows = [
        *theirs.filter(pk__in=shares).order_by("created_at", "pk")[:most],
        *theirs.filter(state="open").exclude(pk__in=shares).order_by("due_on", "pk")[:most],
    ][:most]
    owed = owed_on([row.pk for row in rows])
    return [
        (row, shares.get(row.pk, 0), max(0, owed[row.pk]))
        for row in rows
        if row.pk in shares or owed[row.pk] > 0
    ]
