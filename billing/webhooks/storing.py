"""Putting messages into the inbox: any number of them by one statement, each once."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from billing.redaction import redact_text
from billing.webhooks.sources.parsing import UNREADABLE
from billing.webhooks.sources.protocol import Incoming

#: One row for each message, in the order of the key, so that two batches never wait for each other in a ring.
STORE = """
WITH incoming AS (
    SELECT * FROM jsonb_to_recordset(%s::jsonb) AS told (
        source text, event_id text, endpoint text, type text, object_kind text, object_id text,
        customer_gateway_id text, api_version text, digest text, state text, error text,
        happened_at timestamptz, received_at timestamptz, again int, body jsonb
    )
), stored AS (
    INSERT INTO billing_webhookevent
        (source, event_id, endpoint, type, object_kind, object_id, customer_gateway_id, api_version, digest,
         state, error, happened_at, received_at, due_at, attempts, duplicates)
    SELECT source, event_id, endpoint, type, object_kind, object_id, customer_gateway_id, api_version, digest,
        state, error, happened_at, received_at, CASE state WHEN 'received' THEN received_at END, 0, again
    FROM incoming ORDER BY source, event_id
    ON CONFLICT (source, event_id)
        DO UPDATE SET duplicates = billing_webhookevent.duplicates + 1 + EXCLUDED.duplicates
    RETURNING id, source, event_id, (xmax = 0) AS is_new
), content AS (
    INSERT INTO billing_webhookpayload (event_id, received_at, body)
    SELECT stored.id, incoming.received_at, incoming.body
    FROM stored JOIN incoming USING (source, event_id) WHERE stored.is_new
)
SELECT source, event_id, id, is_new FROM stored
"""

_NOT_TEXT = re.compile("[\0\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WRITER = json.JSONEncoder(default=str, ensure_ascii=False, separators=(",", ":"))
_WIDTHS = {
    "event_id": 255,
    "type": 80,
    "object_kind": 40,
    "object_id": 255,
    "customer_gateway_id": 255,
    "api_version": 40,
}


@dataclass(frozen=True, slots=True)
class Received:
    """The event's row, and whether this was the first time that it came."""

    event_pk: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A message as it goes into the table: everything fits."""

    told: Incoming
    body: str
    received_at: datetime

    @property
    def key(self) -> tuple[str, str]:
        return self.told.source, self.told.event_id


class NotStored(Exception):
    """The database did not say that the message is stored: the sender shall deliver it again."""


def row_of(told: Incoming, *, now: datetime) -> Row:
    """The message made to fit the columns. What does not fit becomes its trouble, and a message with trouble
    goes by its digest, so that a broken one never stands in the way of a sound one with the same id."""
    trouble = told.trouble
    fitting: dict[str, str] = {}
    for name, width in _WIDTHS.items():
        value: str = getattr(told, name)
        if value and not value.isspace() and (" " in value or not _holds_nothing(value)):
            fitting[name] = ""
            if name in ("event_id", "type", "object_id"):
                trouble = trouble or f"The message's {name.replace('_', ' ')} is none, and was not kept."
            continue
        if len(value) > width or ((not value.isascii() or "\0" in value) and _NOT_TEXT.search(value)):
            fitting[name] = _NOT_TEXT.sub("\ufffd", value)[:width]
            trouble = (
                trouble
                or f"The message's {name.replace('_', ' ')} is longer than {width} characters or no text."
            )
    body = _WRITER.encode(told.content)
    if "\\u0000" in body or "Infinity" in body or "NaN" in body or _SURROGATE.search(body):
        cleaned, odd = clean(told.content)
        body = _WRITER.encode(cleaned)
        trouble = trouble or odd
    if trouble:
        fitting |= {"event_id": told.digest, "type": fitting.get("type", told.type) or UNREADABLE}
    if fitting:
        told = replace(told, **fitting, trouble=trouble)  # type: ignore[arg-type]
    return Row(told, body, now)


@lru_cache(maxsize=4096)
def _holds_nothing(value: str) -> bool:
    """Remembered, because types, kinds and versions come in every message."""
    return redact_text(value) == value


def clean(value: Any) -> tuple[Any, str]:
    """A copy that the database takes, and what was wrong with it: NUL and lone surrogates are replaced
    without a word, numbers beyond 64 bits become text, and infinities null."""
    wrong = ""

    def walk(each: Any) -> Any:
        nonlocal wrong
        if isinstance(each, str):
            return _NOT_TEXT.sub("\ufffd", each)
        if isinstance(each, Mapping):
            return {walk(str(name)): walk(inner) for name, inner in each.items()}
        if isinstance(each, list | tuple):
            return [walk(inner) for inner in each]
        if isinstance(each, int) and not -(2**63) <= each < 2**63:
            wrong = wrong or "The message has a number beyond 64 bits."
            return str(each)
        if each in _INFINITE or each != each:
            wrong = wrong or "The message has a number that is none (NaN or Infinity)."
            return None
        return each

    return walk(value), wrong


_INFINITE = (json.loads("1e999"), json.loads("-1e999"))


def arguments(rows: Sequence[Row]) -> list[str]:
    """The statement's one argument: a JSON array, in which each key stands once with its further arrivals
    counted. Building arrays for a column each would take several times as long."""
    first: dict[tuple[str, str], Row] = {}
    again: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.key in first:
            again[row.key] = again.get(row.key, 0) + 1
        else:
            first[row.key] = row
    return ["[" + ",".join(_text(row, again.get(key, 0)) for key, row in first.items()) + "]"]


def _text(row: Row, again: int) -> str:
    told = row.told
    facts = _WRITER.encode(
        {
            "source": told.source,
            "event_id": told.event_id,
            "endpoint": told.endpoint,
            "type": told.type,
            "object_kind": told.object_kind,
            "object_id": told.object_id,
            "customer_gateway_id": told.customer_gateway_id,
            "api_version": told.api_version,
            "digest": told.digest,
            "state": "failed" if told.trouble else "received",
            "error": told.trouble[:500],
            "happened_at": told.happened_at.isoformat(),
            "received_at": row.received_at.isoformat(),
            "again": again,
        }
    )
    return f'{facts[:-1]},"body":{row.body}}}'


def answers(rows: Sequence[Row], found: Sequence[tuple[str, str, int, bool]]) -> list[Received]:
    """What became of each row of the batch: of several with one key the first one may be new."""
    stored = {(source, event_id): (pk, is_new) for source, event_id, pk, is_new in found}
    given: list[Received] = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        pk, is_new = stored[row.key]
        given.append(Received(pk, is_new and row.key not in seen))
        seen.add(row.key)
    return given


def store(rows: Sequence[Row]) -> list[Received]:
    """Stores them through Django's connection, inside the caller's transaction if there is one."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(STORE, arguments(rows))
        return answers(rows, cursor.fetchall())
