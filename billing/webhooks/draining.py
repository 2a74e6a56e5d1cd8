"""The inbox taken by workers, a batch at a time."""

from datetime import datetime

from django.utils import timezone

from billing.logs import add_facts, service
from billing.webhooks import claims
from billing.webhooks.processing import process_batch
from billing.webhooks.telling.said import Clock


@service("webhooks")
def drain(
    *, now: datetime | None = None, most: int | None = None, worker: str = "", clock: Clock = timezone.now
) -> int:
    """Does all that is due, until nothing is, or ``most`` events; gives how many it took.

    ``now`` fixes the moment, for tests and for travelling in time.
    """
    moment = (lambda: now) if now is not None else clock
    taken = 0
    while most is None or taken < most:
        size = claims.BATCH if most is None else min(claims.BATCH, most - taken)
        events = claims.claim(now=moment(), most=size)
        if not events:
            break
        process_batch(events=events, worker=worker, clock=moment)
        taken += len(events)
    add_facts(events=taken)
    return taken
