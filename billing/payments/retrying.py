"""A new card: what the old one could not pay is charged again at once."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from billing.history.actors import Actor
from billing.history.models import HistoryEntry
from billing.history.services import record
from billing.invoices.models import Invoice
from billing.payments.models import Payment


def charge_again_with_new_method(customer_ids: Collection[int], *, actor: Actor, now: datetime) -> int:
    """Makes the open invoices of these customers due that a charge failed for, or that had no method; gives
    how many. One that waits for its next attempt is not kept waiting."""
    failed = Payment.objects.filter(invoice=OuterRef("pk"), state="failed", is_live=False)
    without = HistoryEntry.objects.filter(
        subject_kind="invoice", subject_id=OuterRef("pk"), kind="not_charged", facts__code="no_method"
    )
    rows = Invoice.objects.select_for_update(of=("self",)).filter(
        Q(collect_at=None) | Q(collect_at__gt=now),
        Exists(failed) | Exists(without),
        customer__in=list(customer_ids),
        state="open",
        gateway="",
    )
    invoices = list(rows.order_by("pk"))
    for invoice in invoices:
        invoice.collect_at = now
        invoice.save(update_fields=["collect_at"])
        record(invoice, "charge_again", actor=actor, now=now, reason="A new payment method came")
    return len(invoices)
