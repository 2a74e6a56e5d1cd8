"""A refund that was promised before a dispute took the money: it is given up before anybody is called."""

from datetime import datetime

from django.db.models import Sum

from billing.approvals.services import return_use
from billing.disputes.answering import withdrawn_of
from billing.errors import Missing
from billing.history.actors import Actor
from billing.history.services import move
from billing.logs import note_odd
from billing.money import Money
from billing.refunds import locks, rules
from billing.refunds.models import Refund
from billing.refunds.postings import take_back


def lock_with_payment(refund_id: int) -> Refund:
    """The refund, locked after its payment, so that no dispute takes from the payment meanwhile."""
    payment_id = Refund.objects.filter(pk=refund_id).values_list("payment_id", flat=True).first()
    if payment_id is None:
        raise Missing("refund_unknown", "This refund does not exist.")
    locks.lock_payment(pk=payment_id)
    return locks.lock_refund(refund_id)


def give_up(refund: Refund, *, actor: Actor, now: datetime) -> bool:
    """Withdraws a refund that has not been sent and whose money a dispute has taken by now; says whether.

    One that was sent before the dispute was known is the gateway's to answer. Both rows are locked.
    """
    if refund.state != "approved":
        return False
    withdrawn = withdrawn_of(refund.payment_id)
    if not withdrawn:
        return False
    others = Refund.objects.filter(payment_id=refund.payment_id, state__in=rules.HOLDS).exclude(pk=refund.pk)
    held = others.aggregate(total=Sum("amount_minor"))["total"] or 0
    if refund.payment.captured_minor - held - withdrawn >= refund.amount_minor:
        return False
    money, taken = (Money(minor, refund.currency) for minor in (refund.amount_minor, withdrawn))
    reason = f"A dispute has withdrawn {taken} of the payment since this was promised."
    move(refund, rules.MACHINE, "withdrawn", actor=actor, now=now, reason=reason, money=money)
    take_back(refund, actor=actor, now=now)
    return_use(subject=refund, now=now)
    note_odd("refunds.overtaken_by_dispute", refund=refund.reference)
    return True
