"""Reading a signed body without believing that it is well formed."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from billing.redaction import redact_text
from billing.webhooks.sources.protocol import Delivery, Incoming

#: Deeper nesting than this is not read; gateways stay below twenty.
DEEPEST = 100
#: What stands as the type of a message that has none.
UNREADABLE = "unreadable"
#: Longer pieces are hashed without the interpreter's lock, and to wait for it takes longer than to hash.
PIECE = 2_047
#: Of bytes that are no JSON at all, so much of their outline is kept.
OUTLINE = 500

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_WORDS = re.compile(r'[^\[\]{}:,"\s]+')
_KNOWN = frozenset(
    ["id", "object", "type", "created", "data", "event", "livemode", "true", "false", "null", "NaN"]
)


class Unreadable(Exception):
    """The body is no JSON object, or too deep to look at. The sentence quotes nothing of it."""


def digest_of(body: bytes) -> str:
    """SHA-256 of the body, in hexadecimal."""
    found = hashlib.sha256()
    for first in range(0, len(body), PIECE):
        found.update(body[first : first + PIECE])
    return found.hexdigest()


def parse(body: bytes) -> tuple[dict[str, Any], str]:
    """The body's object, and a sentence about what is wrong with it ("" when nothing is).

    NaN and infinities become None; of a key that stands twice in one object the last value counts. Both are
    troubles. Raises `Unreadable`.
    """
    if too_deep(body):
        raise Unreadable(f"The message is nested deeper than {DEEPEST} levels.")
    found = _sound(body)
    return (found, "") if found is not None else _doubtful(body)


def _sound(body: bytes) -> dict[str, Any] | None:
    """The object of a body with which nothing is wrong, read in a third of the time that it takes to find out
    what is; None for any other.

    A key that stands twice is lost with its colon, so the same number of colons means that none did. Only a
    colon that is written as an escape could make up for it.
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:  # quiet: `_doubtful` says what is wrong with it
        return None
    if not isinstance(found, dict) or (b"\\" in body and b"\\u003" in body):
        return None
    return found if orjson.dumps(found).count(b":") == body.count(b":") else None


def _doubtful(body: bytes) -> tuple[dict[str, Any], str]:
    wrong: list[str] = []

    def no_number(text: str) -> None:
        wrong.append("The message has a number that is none (NaN or Infinity).")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            wrong.append("The message names a field twice.")
        return found

    try:
        found = json.loads(body.decode(), parse_constant=no_number, object_pairs_hook=once)
    except UnicodeDecodeError:
        raise Unreadable("The message is not text in UTF-8.") from None
    except (ValueError, RecursionError):
        raise Unreadable("The message is not JSON.") from None
    if not isinstance(found, dict):
        raise Unreadable("The message is JSON, but not an object.")
    return found, wrong[0] if wrong else ""


def too_deep(body: bytes) -> bool:
    """Whether brackets nest deeper than `DEEPEST`; found without descending."""
    if body.count(b"{") + body.count(b"[") <= DEEPEST:
        return False
    depth = 0
    for token in _TOKEN.finditer(body):
        first = body[token.start()]
        if first in b"{[":
            depth += 1
            if depth > DEEPEST:
                return True
        elif first in b"}]":
            depth -= 1
    return False


def moment(value: Any) -> datetime | None:
    """Seconds since 1970 or an ISO 8601 text as a moment; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return datetime.fromtimestamp(value, UTC) if 0 < value < 2**33 else None
    if isinstance(value, str) and 10 < len(value) < 40:
        try:
            found = datetime.fromisoformat(value)
        except ValueError:  # quiet: the caller says that the message has no moment
            return None
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return None


def headers_kept(delivery: Delivery, *names: str) -> dict[str, str]:
    """The headers that tell where a message came from, without what is secret in them."""
    wanted = ("content-type", "user-agent", *names)
    return {name: _header(delivery.headers[name]) for name in wanted if delivery.headers.get(name)}


@lru_cache(maxsize=256)
def _header(value: str) -> str:
    return redact_text(value)[:200]


def unreadable(source: str, delivery: Delivery, sentence: str, *, now: datetime) -> Incoming:
    """What is kept of signed bytes that cannot be read: their digest, their size and their outline."""
    digest = digest_of(delivery.body)
    return Incoming(
        source=source,
        endpoint=delivery.endpoint,
        event_id=digest,
        type=UNREADABLE,
        happened_at=now,
        digest=digest,
        content={
            "object": {},
            "dropped": {"body": "not readable"},
            "previous": {},
            "headers": headers_kept(delivery),
            "bytes": len(delivery.body),
            "outline": outline(delivery.body),
        },
        trouble=sentence,
    )


def outline(body: bytes) -> str:
    """The beginning with its brackets and commas; words and numbers are masked, whatever they say."""
    text = body[: OUTLINE * 4].decode("utf-8", "replace").replace("\0", "…")
    masked = _WORDS.sub(lambda found: found[0] if found[0] in _KNOWN else "…", text)
    return " ".join(masked.split())[:OUTLINE]


def id_of(value: Any) -> str:
    """An id where either the id or the whole object may stand."""
    found = value.get("id") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) else ""
