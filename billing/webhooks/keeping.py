"""Storing at the door: through connections of its own, many messages by one durable commit."""

from collections.abc import Sequence
from dataclasses import replace

import psycopg
import structlog

from billing.webhooks.batching import Batcher
from billing.webhooks.lines import Lines
from billing.webhooks.sources.parsing import unreadable
from billing.webhooks.sources.protocol import Delivery
from billing.webhooks.storing import STORE, NotStored, Received, Row, answers, arguments, row_of

log = structlog.get_logger("billing.webhooks")

LINES = Lines()


def write(rows: Sequence[Row]) -> Sequence[Received | BaseException]:
    """Stores the batch. One row that the database cannot take does not keep the others out: they are stored
    one by one, and that one as unreadable. An error about the database itself is every row's."""
    try:
        return answers(rows, LINES.rows(STORE, arguments(rows)))
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        if len(rows) > 1:
            return [given for row in rows for given in write([row])]
        log.error("webhooks.row_refused", source=rows[0].told.source, error=type(error).__name__)
        return _without_content(rows[0])
    except psycopg.Error as error:
        log.error("webhooks.not_stored", rows=len(rows), error=type(error).__name__)
        return [NotStored("The message could not be stored; deliver it again.") for _ in rows]


def _without_content(row: Row) -> Sequence[Received | BaseException]:
    """Stores the fact that it came, by its digest."""
    told = unreadable(
        row.told.source,
        Delivery(body=b"", headers={}, endpoint=row.told.endpoint),
        "The database could not take the message's content.",
        now=row.received_at,
    )
    bare = row_of(replace(told, event_id=row.told.digest, digest=row.told.digest), now=row.received_at)
    try:
        return answers([bare], LINES.rows(STORE, arguments([bare])))
    except psycopg.Error as error:
        log.error("webhooks.not_stored", rows=1, error=type(error).__name__)
        return [NotStored("The message could not be stored; deliver it again.")]


BATCHER: Batcher[Row, Received] = Batcher(write)


def keep(row: Row) -> Received:
    """Durable when it returns. Raises `NotStored`."""
    return BATCHER.put(row)
