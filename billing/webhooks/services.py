"""What the desk does with a gateway's messages: take them in, do what they say, try again."""

from datetime import datetime

from billing.logs import add_facts, service
from billing.webhooks import queries
from billing.webhooks.intake import NotSigned, Received, receive
from billing.webhooks.processing import process_event

__all__ = ["NotSigned", "Received", "process_event", "receive", "sweep"]

BATCH = 200


@service("webhooks")
def sweep(*, now: datetime) -> int:
    """Processes what waits although its job is gone: failures whose time has come, lapsed leases, messages
    that nobody began with. Gives how many it did."""
    done = [
        process_event(event_pk=pk, now=now) for pk in queries.due(now).values_list("pk", flat=True)[:BATCH]
    ]
    add_facts(events=len(done))
    return len(done)
