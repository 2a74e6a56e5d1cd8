"""Invoices of ours follow the money: paid once nothing of them is owed or written off, open when something is
owed again."""

from collections.abc import Sequence
from datetime import datetime

from billing.history.actors import Actor
from billing.history.services import move
from billing.invoices.models import Invoice
from billing.invoices.recovering import recoverable_on
from billing.invoices.rules import MACHINE
from billing.money import Money
from billing.payments.owed import owed_on


def follow(invoices: Sequence[Invoice], *, actor: Actor, now: datetime) -> list[Invoice]:
    """Moves them, locked by the caller, and gives those that moved. A gateway's keep the state that the
    gateway tells."""
    owed = owed_on([invoice.pk for invoice in invoices])
    lost = recoverable_on([invoice.pk for invoice in invoices if invoice.state == "uncollectible"])
    moved = []
    for invoice in invoices:
        money = Money(invoice.total_minor, invoice.currency)
        if invoice.gateway:
            continue
        settled = owed.get(invoice.pk, 0) <= 0 and not lost.get(invoice.pk)
        if invoice.state in ("open", "uncollectible") and settled:
            also = {"paid_at": now, "collect_at": None}
            move(invoice, MACHINE, "paid", actor=actor, now=now, money=money, also=also)
            moved.append(invoice)
        elif invoice.state == "paid" and owed.get(invoice.pk, 0) > 0:
            move(invoice, MACHINE, "open", actor=actor, now=now, money=money, also={"paid_at": None})
            moved.append(invoice)
    return moved
