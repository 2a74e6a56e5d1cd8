"""Invoices of ours follow the money: paid once nothing of them is owed, open when something is again."""

from collections.abc import Sequence
from datetime import datetime

from billing.history.actors import Actor
from billing.history.services import move
from billing.invoices.models import Invoice
from billing.invoices.rules import MACHINE
from billing.money import Money
from billing.payments.owed import owed_on


def follow(invoices: Sequence[Invoice], *, actor: Actor, now: datetime) -> list[Invoice]:
    """Moves them, locked by the caller, and gives those that moved. A gateway's keep the state that the
    gateway tells."""
    owed = owed_on([invoice.pk for invoice in invoices])
    moved = []
    for invoice in invoices:
        money = Money(invoice.total_minor, invoice.currency)
        if invoice.gateway:
            continue
        if invoice.state == "open" and owed.get(invoice.pk, 0) <= 0:
            also = {"paid_at": now, "collect_at": None}
            move(invoice, MACHINE, "paid", actor=actor, now=now, money=money, also=also)
            moved.append(invoice)
        elif invoice.state == "paid" and owed.get(invoice.pk, 0) > 0:
            move(invoice, MACHINE, "open", actor=actor, now=now, money=money, also={"paid_at": None})
            moved.append(invoice)
    return moved
