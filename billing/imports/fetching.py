"""What is named before it is told of is fetched, recorded, and the work begun again."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from billing.errors import Missing
from billing.gateways.stripe import stripe_object
from billing.history.actors import Actor
from billing.imports.taking import KINDS, Manner, take
from billing.logs import note_odd

#: An invoice of a subscription of a customer: nothing hangs together more deeply than this.
DEEPEST = 4
MOST = 20


def named_by(absent: Missing) -> tuple[str, str] | None:
    """The kind and id of what has to be fetched first; None where the refusal names nothing to fetch."""
    kind = f"{absent.facts.get('kind', '')}s"
    gateway_id = str(absent.facts.get("gateway_id", ""))
    return (kind, gateway_id) if kind in KINDS and gateway_id else None


def fetch(kind: str, gateway_id: str, *, actor: Actor, clock: Callable[[], datetime], depth: int = 0) -> bool:
    """Fetches one object and records it with all that it names; False where the gateway does not know it.

    Called with no transaction open. Raises what the gateway and the services raise.
    """
    asked_at = clock()
    body = stripe_object(kind, gateway_id)
    if body is None:
        note_odd("imports.named_but_unknown", kind=kind, gateway_id=gateway_id)
        return False

    def record() -> None:
        take(kind, [body], as_of=asked_at, manner=Manner(actor, clock()))

    fetching(record, actor=actor, clock=clock, depth=depth + 1)
    return True


def fetching[T](work: Callable[[], T], *, actor: Actor, clock: Callable[[], datetime], depth: int = 0) -> T:
    """Does the work in a transaction; what it misses is fetched outside of one, and the work begun again."""
    tried: set[tuple[str, str]] = set()
    while True:
        try:
            with transaction.atomic():
                return work()
        except Missing as absent:
            wanted = named_by(absent)
            if wanted is None or wanted in tried or depth >= DEEPEST or len(tried) >= MOST:
                raise
            tried.add(wanted)
            fetch(*wanted, actor=actor, clock=clock, depth=depth)
