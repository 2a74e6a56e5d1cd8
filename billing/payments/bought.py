"""What was bought by a payment, where a floor above sells something that is invoiced only once it is paid.

    register(claim)     # claim(payments, actor=, now=): payments of ours, locked, as they were just recorded

Whoever claims a payment gives it its invoice, in the same transaction and before the payment is posted.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from billing.history.actors import Actor
from billing.payments.models import Payment

_claims: list[Callable[..., None]] = []


def register(claim: Callable[..., None]) -> None:
    _claims.append(claim)


def claim(payments: Sequence[Payment], *, actor: Actor, now: datetime) -> None:
    """Lets each floor that sells claim what is its own."""
    ours = [row for row in payments if row.idempotency_key and row.invoice_id is None]
    for each in _claims if ours else ():
        each(ours, actor=actor, now=now)
