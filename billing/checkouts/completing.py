"""A session whose page was paid on: complete, whichever message or answer told of that first."""

from datetime import datetime
from typing import Any

from billing.checkouts.models import CheckoutPayment, CheckoutSession, CheckoutState
from billing.checkouts.rules import MACHINE
from billing.history.actors import Actor
from billing.history.services import move

__all__ = ["complete"]


def complete(session: CheckoutSession, *, actor: Actor, now: datetime, **also: Any) -> None:
    """Makes the session, locked by the caller, complete and paid, with these further columns."""
    also = {"payment_state": CheckoutPayment.PAID, **also}
    if session.state != CheckoutState.COMPLETE:
        move(session, MACHINE, CheckoutState.COMPLETE, actor=actor, now=now, also=also)
        return
    for name, value in also.items():
        setattr(session, name, value)
    session.save(update_fields=list(also))
