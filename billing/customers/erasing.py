"""What else must be forgotten when a person is erased: each noun that knows people by something registers it.

    on_erasure("trials", forget)        # forget(customer_id=, actor=, now=) -> how many rows went

Identity and its key are the customer's own; what the floors above keep beside them goes through here, in the
transaction that erases.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from billing.history.actors import Actor
from billing.logs import add_facts, service

__all__ = ["forget_elsewhere", "on_erasure", "registered"]

type Forget = Callable[..., int]
_forgets: dict[str, Forget] = {}


def on_erasure(noun: str, forget: Forget) -> Forget:
    """Registers what a noun does when a customer is erased; the noun's `tasks` import where it stands."""
    _forgets[noun] = forget
    return forget


def registered() -> frozenset[str]:
    return frozenset(_forgets)


@service("customers")
@transaction.atomic
def forget_elsewhere(*, customer_id: int, actor: Actor, now: datetime) -> dict[str, int]:
    """Makes every noun forget this customer; how many rows went, by noun. All of it or nothing, and safe to
    repeat: whoever is forgotten already has nothing left."""
    gone = {
        noun: forget(customer_id=customer_id, actor=actor, now=now)
        for noun, forget in sorted(_forgets.items())
    }
    add_facts(customer=customer_id, **gone)
    return gone
