"""Storing at the door: one statement on a connection of its own, durable when it returns."""

from dataclasses import replace

import psycopg
import structlog

from billing.webhooks.lines import Lines
from billing.webhooks.sources.parsing import unreadable
from billing.webhooks.sources.protocol import Delivery
from billing.webhooks.storing import STORE, NotStored, Received, Row, arguments, row_of

log = structlog.get_logger("billing.webhooks")

LINES = Lines(prepared={"store": STORE})


def keep(row: Row) -> Received:
    """Durable when it returns. Raises `NotStored`.

    What the database cannot take in a row, though everything was made to fit, is stored as unreadable.
    """
    try:
        try:
            return _write(row)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            log.error("webhooks.row_refused", source=row.told.source, error=type(error).__name__)
            return _write(_without_content(row))
    except psycopg.Error as error:
        log.error("webhooks.not_stored", error=type(error).__name__)
        raise NotStored("The message could not be stored; deliver it again.") from error


def _write(row: Row) -> Received:
    event_pk, is_new = LINES.row("store", arguments(row))
    return Received(int(event_pk), is_new == "t")


def _without_content(row: Row) -> Row:
    """The fact that it came, by its digest."""
    told = unreadable(
        row.told.source,
        Delivery(body=b"", headers={}, endpoint=row.told.endpoint),
        "The database could not take the message's content.",
        now=row.received_at,
    )
    return row_of(replace(told, event_id=row.told.digest, digest=row.told.digest), now=row.received_at)
