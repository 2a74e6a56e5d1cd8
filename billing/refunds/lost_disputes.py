"""The units that a payment had granted go with a lost dispute, and come back if it is won after all."""

from collections.abc import Sequence
from datetime import datetime

from billing.credits.models import CreditEntry, Movement
from billing.credits.services import reverse
from billing.disputes.deciding import register
from billing.disputes.models import Dispute
from billing.history.actors import Actor
from billing.invoices.models import Invoice
from billing.refunds.clawing import claw_for

__all__ = ["settle"]


def settle(disputes: Sequence[Dispute], *, actor: Actor, now: datetime) -> None:
    """Takes back what belongs to the money that is gone for good: while a bank still looks at it nothing is
    taken. What refunds took before is not taken twice."""
    for dispute in sorted(disputes, key=lambda each: each.pk):
        taken = CreditEntry.objects.filter(
            subject_kind="dispute", subject_id=dispute.pk, movement=Movement.CLAWBACK
        )
        live = taken.filter(reversed_by=None)
        if dispute.state == "lost" and dispute.withdrawn_minor:
            if live.exists():
                continue
            times = taken.count()
            claw_for(
                Invoice.objects.filter(allocations__payment=dispute.payment_id).order_by("pk"),
                key=f"claw:{dispute.reference}" + (f":{times + 1}" if times else ""),
                subject=("dispute", dispute.pk),
                reason=f"{dispute.reference} was lost",
                actor=actor,
                now=now,
            )
        else:
            for entry in live.order_by("pk"):
                reverse(
                    entry_id=entry.pk,
                    actor=actor,
                    now=now,
                    key=f"unclaw:{dispute.reference}:{entry.pk}",
                    reason=f"{dispute.reference} is lost no more",
                )


register(settle)
