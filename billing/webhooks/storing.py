"""Putting a message into the inbox: by one statement, once."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from billing.redaction import redact_text
from billing.webhooks.sources.parsing import UNREADABLE
from billing.webhooks.sources.protocol import Incoming

#: One message by one statement: the event and its content, or one more arrival of an event that is known.
STORE = """
WITH stored AS (
    INSERT INTO billing_webhookevent
        (source, event_id, endpoint, type, object_kind, object_id, customer_gateway_id, api_version, digest,
         state, error, happened_at, received_at, due_at, attempts, duplicates)
    VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text,
        $10::text, $11::text, $12::timestamptz, $13::timestamptz,
        CASE WHEN $10::text = 'received' THEN $13::timestamptz END, 0, 0)
    ON CONFLICT (source, event_id) DO UPDATE SET duplicates = billing_webhookevent.duplicates + 1
    RETURNING id, (xmax = 0) AS is_new
), content AS (
    INSERT INTO billing_webhookpayload (event_id, received_at, body)
    SELECT id, $13::timestamptz, $14::jsonb FROM stored WHERE is_new
)
SELECT id, is_new FROM stored
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
    body, odd = _written(told.content)
    trouble = trouble or odd
    if trouble:
        fitting |= {"event_id": told.digest, "type": fitting.get("type", told.type) or UNREADABLE}
    if fitting:
        told = replace(told, **fitting, trouble=trouble)  # type: ignore[arg-type]
    return Row(told, body, now)


def _written(content: Mapping[str, Any]) -> tuple[str, str]:
    """The content as JSON that the database takes, and what was wrong with it.

    The quick writer makes null of a number that is none; the allow list lets no such number through.
    """
    try:
        body = orjson.dumps(content)
        if b"\\u0000" not in body:
            return body.decode(), ""
    except TypeError:  # quiet: a lone surrogate or a number beyond 64 bits: looked at below
        pass
    text = _WRITER.encode(content)
    if "\\u0000" not in text and "Infinity" not in text and "NaN" not in text and not _SURROGATE.search(text):
        return text, ""
    cleaned, odd = clean(content)
    return _WRITER.encode(cleaned), odd


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


def arguments(row: Row) -> list[str]:
    """What stands for $1 to $14, as text that PostgreSQL reads."""
    told = row.told
    return [
        told.source,
        told.event_id,
        told.endpoint,
        told.type,
        told.object_kind,
        told.object_id,
        told.customer_gateway_id,
        told.api_version,
        told.digest,
        "failed" if told.trouble else "received",
        told.trouble[:500],
        told.happened_at.isoformat(),
        row.received_at.isoformat(),
        row.body,
    ]


def store(row: Row) -> Received:
    """Stores it through Django's connection, inside the caller's transaction if there is one."""
    from django.db import connection

    values = {f"value_{number}": value for number, value in enumerate(arguments(row), 1)}
    with connection.cursor() as cursor:
        cursor.execute(_STORE_THROUGH_DJANGO, values)
        return Received(*cursor.fetchone())


_STORE_THROUGH_DJANGO = re.sub(r"\$(\d+)", r"%(value_\1)s", STORE)
