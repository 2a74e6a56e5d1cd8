"""The credits that a payment had granted go back with the money, in proportion."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Min, Q

from billing.credits.models import CreditEntry, CreditLot, Movement
from billing.credits.rules import Claw
from billing.credits.services import claw_back, preview_claw, reverse
from billing.history.actors import Actor
from billing.invoices.models import Invoice, InvoiceLine
from billing.refunds.caps import paid_on, returned_of
from billing.refunds.models import Refund

__all__ = ["Clawed", "claw_for", "claw_for_plain", "grants_of", "preview_for", "unclaw"]


@dataclass(frozen=True, slots=True)
class Clawed:
    """What would be taken back of one grant: from its lots, and as a debt."""

    lot: CreditLot
    claw: Claw

    @property
    def units(self) -> int:
        return -sum(part.amount for part in self.claw.parts) + self.claw.owed


def grants_of(invoice: Invoice) -> list[CreditLot]:
    """The lots of units that paying this invoice granted: those of its subscription in the periods that it
    bills, and those whose grant names it or a payment on it."""
    span = InvoiceLine.objects.filter(invoice=invoice, is_proration=False).aggregate(
        start=Min("period_start"), end=Max("period_end")
    )
    payments = list(invoice.allocations.values_list("payment_id", flat=True))
    named = CreditEntry.objects.filter(
        Q(subject_kind="invoice", subject_id=invoice.pk) | Q(subject_kind="payment", subject_id__in=payments),
        movement=Movement.GRANT,
    ).values_list("lot_ids", flat=True)
    which = Q(pk__in=[lot for lots in named for lot in lots], amount__gt=0)
    if invoice.subscription_id and span["start"] and span["end"]:
        which |= Q(
            subscription_id=invoice.subscription_id,
            grant_period__gte=span["start"].date(),
            grant_period__lt=span["end"].date(),
        )
    lots = CreditLot.objects.filter(which, account__customer_id=invoice.customer_id)
    return list(lots.exclude(account__unit="money").select_related("account").order_by("pk"))


def preview_for(invoice: Invoice, more_minor: int, *, now: datetime) -> list[Clawed]:
    """What giving back ``more_minor`` besides what went back before would take; writes nothing."""
    paid = paid_on(invoice)
    if paid <= 0:
        return []
    returned = min(paid, returned_of(invoice) + more_minor)
    found = [
        Clawed(lot, preview_claw(lot.account, lot, returned_minor=returned, paid_minor=paid, now=now))
        for lot in grants_of(invoice)
    ]
    return [each for each in found if each.units]


def claw_for(
    invoices: Iterable[Invoice],
    *,
    key: str,
    subject: tuple[str, int],
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Takes back what belongs to all that has been returned by now; gives how many units. The same ``key``
    takes once."""
    taken = 0
    for invoice in invoices:
        paid = paid_on(invoice)
        if paid <= 0:
            continue
        returned = returned_of(invoice)
        for lot in grants_of(invoice):
            moved = claw_back(
                lot_id=lot.pk, returned_minor=returned, paid_minor=paid, actor=actor, now=now,
                key=f"{key}:{lot.pk}", reason=reason, subject=subject,
            )  # fmt: skip
            taken -= moved.amount if moved else 0
    return taken


def claw_for_plain(refund: Refund, *, actor: Actor, now: datetime) -> int:
    """Takes back what the payment of a refund without a credit note had granted; gives how many units."""
    return claw_for(
        invoices_of(refund), key=f"claw:{refund.reference}", subject=("refund", refund.pk),
        reason=f"{refund.reference} gave the money back", actor=actor, now=now,
    )  # fmt: skip


def invoices_of(refund: Refund) -> list[Invoice]:
    """What the payment of a refund without a credit note had paid."""
    return list(Invoice.objects.filter(allocations__payment=refund.payment_id).order_by("pk"))


def unclaw(refund: Refund, *, actor: Actor, now: datetime) -> int:
    """Gives back what a refund without a credit note took, when it came to nothing; gives how many units."""
    entries = CreditEntry.objects.filter(
        subject_kind="refund", subject_id=refund.pk, movement=Movement.CLAWBACK, reversed_by=None
    )
    back = 0
    for entry in entries.order_by("pk"):
        moved = reverse(
            entry_id=entry.pk, actor=actor, now=now, key=f"unclaw:{refund.reference}:{entry.pk}",
            reason=f"{refund.reference} came to nothing",
        )  # fmt: skip
        back += moved.amount
    return back
