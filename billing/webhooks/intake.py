"""Taking in a gateway's message: verified, stripped to what may be kept, stored once."""

from collections.abc import Callable
from datetime import datetime

from billing.metrics.services import count
from billing.webhooks.sources.protocol import Delivery, NotSigned
from billing.webhooks.sources.registry import SOURCES
from billing.webhooks.storing import NotStored, Received, Row, row_of, store

__all__ = ["Delivery", "NotSigned", "NotStored", "Received", "prepare", "receive"]

type Store = Callable[[Row], Received]


def prepare(*, source: str, delivery: Delivery, now: datetime) -> Row:
    """Verifies the message on its raw bytes and keeps of it what the allow list names. Writes nothing.

    Raises `NotSigned` for one that is not the gateway's, `Missing` for an endpoint that nobody declared, and
    `NotSetUp` when there is nothing to check with. A signed one that cannot be read comes out as failed.
    """
    gateway = SOURCES[source]
    gateway.verify(delivery, now=now)
    return row_of(gateway.read(delivery, now=now), now=now)


def receive(*, source: str, delivery: Delivery, now: datetime, keep: Store | None = None) -> Received:
    """Verifies, strips and stores a message; of one that came before only the number of times is written.

    Raises as `prepare`, and what ``keep`` raises. No line in the log: the event is one. Without ``keep`` it
    is stored through Django's connection, in the caller's transaction.
    """
    row = prepare(source=source, delivery=delivery, now=now)
    received = keep(row) if keep else store(row)
    if received.is_new:
        count("webhooks_received", source=source, endpoint=delivery.endpoint, type=row.told.type)
    else:
        count("webhooks_duplicates", source=source, type=row.told.type)
    return received
