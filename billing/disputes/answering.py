"""Disputes and refunds are one sum: a warning that a refund answers, and money that went twice."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import QuerySet, Sum

from billing.disputes.models import Dispute
from billing.disputes.rules import MACHINE
from billing.history.actors import Actor
from billing.history.models import HistoryEntry
from billing.history.services import move, record
from billing.logs import note_odd, service
from billing.money import Money
from billing.payments.models import Payment

#: A refund that a gateway has been asked for: from then on only the gateway says whether money goes.
SENT = ("submitting", "pending", "requires_action", "succeeded")
PREVENTED = "A refund gave the whole amount back before there was a chargeback."
OPEN_AGAIN = "The refund that had answered it failed."


@service("disputes")
def refund_changed(*, payment_id: int, actor: Actor, now: datetime) -> None:
    """Draws the consequences of a refund that has succeeded or failed, in the caller's transaction.

    A warning whose whole amount has gone back is prevented, and is a warning again when that refund fails
    after all. What has gone twice is noted. Call it with the payment or its refund locked.
    """
    answer_warnings([payment_id], actor=actor, now=now)
    note_taken_twice([payment_id], actor=actor, now=now)


def withdrawn_of(payment_id: int) -> int:
    """What disputes have taken of a payment and not given back, minor units of the payment's currency."""
    rows = Dispute.objects.filter(payment_id=payment_id)
    return rows.aggregate(total=Sum("withdrawn_minor"))["total"] or 0


def note_taken_twice(payment_ids: Iterable[int], *, actor: Actor, now: datetime) -> None:
    """Notes on the latest dispute, and in the log, each payment of which refunds and disputes together have
    taken more than came in; once for each excess.

    No decision of the desk leads there: it holds a payment's lock and adds both up. Only a gateway can.
    """
    for payment in Payment.objects.filter(pk__in=list(payment_ids)):
        excess = excess_of(payment)
        if not excess.minor or not withdrawn_of(payment.pk):
            continue
        dispute = Dispute.objects.filter(payment=payment, withdrawn_minor__gt=0).latest("pk")
        noted = HistoryEntry.objects.filter(
            subject_kind="dispute", subject_id=dispute.pk, kind="taken_twice", amount_minor=excess.minor
        )
        if not noted.exists():
            record(dispute, "taken_twice", actor=actor, now=now, money=excess, payment=payment.reference)
            note_odd("disputes.taken_twice", dispute=dispute.reference, excess=str(excess))


def excess_of(payment: Payment) -> Money:
    """By how much refunds that were sent and funds that were withdrawn exceed what was captured; or zero."""
    sent = _sum(_refunds(payment.pk).filter(state__in=SENT))
    return Money(max(0, sent + withdrawn_of(payment.pk) - payment.captured_minor), payment.currency)


def answer_warnings(payment_ids: Iterable[int], *, actor: Actor, now: datetime) -> dict[int, Dispute]:
    """Moves the warnings of these payments to where their refunds leave them; gives those that moved."""
    rows = Dispute.objects.select_for_update().filter(payment_id__in=list(payment_ids), withdrawn_minor=0)
    moved: dict[int, Dispute] = {}
    for dispute in rows.filter(state__in=("warning", "prevented")).order_by("pk"):
        money, answered = Money(dispute.amount_minor, dispute.currency), is_answered(dispute)
        if dispute.state == "warning" and answered:
            move(dispute, MACHINE, "prevented", actor=actor, now=now, reason=PREVENTED, money=money)
        elif dispute.state == "prevented" and not answered and _only_warned(dispute):
            move(dispute, MACHINE, "warning", actor=actor, now=now, reason=OPEN_AGAIN, money=money)
        else:
            continue
        moved[dispute.pk] = dispute
    return moved


def is_answered(dispute: Dispute) -> bool:
    """Whether refunds have given back all that is at stake."""
    return _sum(_refunds(dispute.payment_id).filter(state="succeeded")) >= dispute.amount_minor


def _only_warned(dispute: Dispute) -> bool:
    return bool(dispute.warning_gateway_id) and dispute.gateway_id == dispute.warning_gateway_id


def _refunds(payment_id: int) -> QuerySet[Any]:
    # Refunds stand a floor above: the table is read, nothing of theirs is called.
    return apps.get_model("billing", "Refund")._default_manager.filter(payment_id=payment_id)


def _sum(rows: QuerySet[Any]) -> int:
    return rows.aggregate(total=Sum("amount_minor"))["total"] or 0
