"""Where gateways tell the desk what happened: no session, no form, only a signature on the raw body.

One function answers for both ways in: the view that Django serves, and the callable that stands ahead of it
(`dashboard.webhooks.door`) and spares each message the middleware.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Protocol

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.errors import Missing
from billing.gateways.errors import NotSetUp
from billing.metrics.services import count, observe
from billing.webhooks import refusing
from billing.webhooks.intake import Delivery, NotSigned, NotStored, Store, receive
from billing.webhooks.senders import sender_of
from billing.webhooks.sources.registry import SOURCES
from dashboard.access.declare import public

log = structlog.get_logger("dashboard.webhooks")


#: The words of the metric; whatever else a source says is about its signature.
COUNTED_AS = {
    "too_old": "stale",
    "too_new": "stale",
    "address": "address",
    "held_off": "throttled",
    "too_large": "size",
    "malformed_length": "size",
    "content_type": "content_type",
    "secret_missing": "no_secret",
}


class Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Answer:
    status: int
    said: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def body(self) -> bytes:
        return json.dumps(self.said).encode()


TAKEN = Answer(200, {"received": True, "duplicate": False})
KNOWN = Answer(200, {"received": True, "duplicate": True})


class Turned(Exception):
    """A message that is not looked into: its form alone is wrong."""

    def __init__(self, status: int, reason: str, sentence: str) -> None:
        super().__init__(reason)
        self.status, self.reason, self.sentence = status, reason, sentence


def answer(*, source: str, **request: Any) -> Answer:
    """`_answer`, timed."""
    begun = time.perf_counter()
    given = _answer(source=source, **request)
    observe("webhooks_intake_seconds", time.perf_counter() - begun, source=source)
    return given


def _answer(
    *,
    source: str,
    endpoint: str,
    meta: Mapping[str, Any],
    stream: Stream,
    now: datetime,
    keep: Store | None,
    ask: refusing.Ask,
    request_id: str,
) -> Answer:
    """What a gateway is told. ``meta`` is the request as WSGI has it.

    200 once the message is stored, be it the first time or again; 400 for one that is not the gateway's; 404
    for an endpoint that nobody declared; 413 and 415 for one too large or no JSON; 429 with Retry-After once
    an address had too many of these; 503 while there is no secret to check with or no database to store in,
    so that the gateway tries again.
    """
    address = sender_of(
        str(meta.get("REMOTE_ADDR") or ""),
        str(meta.get("HTTP_X_FORWARDED_FOR") or ""),
        settings.TRUSTED_PROXIES,
    )

    def refuse(status: int, reason: str, sentence: str) -> Answer:
        count("webhooks_rejected", source=source, reason=COUNTED_AS.get(reason, "signature"))
        counted = refusing.count(
            source=source, endpoint=endpoint, address=address, reason=reason, now=now, ask=ask
        )
        if counted.speak_of:
            (log.error if status == 503 else log.warning)(
                "webhooks.refused",
                source=source,
                endpoint=endpoint,
                reason=reason,
                address=address,
                times=counted.speak_of,
                request_id=request_id,
            )
        if counted.wait:
            return too_many(counted.wait)
        return Answer(status, {"error": sentence})

    try:
        if getattr(SOURCES[source], "asks_gateway", False) and refusing.wait_of(address, now=now):
            # Looking at it costs a call to the gateway, which a stranger may not make us spend for ever.
            return refuse(400, "held_off", "Too many messages from this address were refused.")
        body = body_of(meta, stream)
        delivery = Delivery(body=body, headers=Headers(meta), address=address, endpoint=endpoint)
        received = receive(source=source, delivery=delivery, now=now, keep=keep)
    except Turned as turned:
        return refuse(turned.status, turned.reason, turned.sentence)
    except NotSigned as refusal:
        return refuse(400, refusal.reason, refusal.sentence)
    except Missing:
        return refuse(404, "no_endpoint", "There is no such endpoint.")
    except NotSetUp as missing:
        log.error(
            "webhooks.secret_missing",
            source=source,
            endpoint=endpoint,
            remedy=missing.message,
            request_id=request_id,
        )
        refuse(503, "secret_missing", "")
        return Answer(503, {"error": "This desk is not set up to receive messages yet."})
    except NotStored as failure:
        return Answer(503, {"error": str(failure)}, {"Retry-After": "5"})
    return TAKEN if received.is_new else KNOWN


def too_many(wait: int) -> Answer:
    said = {"error": "Too many messages from this address were refused; try again later."}
    return Answer(429, said, {"Retry-After": str(wait)})


def body_of(meta: Mapping[str, Any], stream: Stream) -> bytes:
    """The raw body. Raises `Turned` for one that is too large, compressed or no JSON by its own account."""
    largest = settings.WEBHOOK_LARGEST_BYTES
    said = str(meta.get("CONTENT_LENGTH") or "")
    if said and not (said.isascii() and said.isdigit()):
        raise Turned(400, "malformed_length", "The length of the message is not a number.")
    if said and (len(said) > 12 or int(said) > largest):
        raise Turned(413, "too_large", "The message is too large.")
    kind = str(meta.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()
    if kind != "application/json" or meta.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise Turned(415, "content_type", "Send application/json, not compressed.")
    body = stream.read(int(said) if said else largest + 1)
    if len(body) > largest:
        raise Turned(413, "too_large", "The message is too large.")
    return body


class Headers(Mapping[str, str]):
    """The headers of a WSGI request under lower-case names, looked up when they are asked for."""

    def __init__(self, meta: Mapping[str, Any]) -> None:
        self._meta = meta

    def __getitem__(self, name: str) -> str:
        return str(self._meta[_in_wsgi(name)])

    def get(self, name: str, default: Any = None) -> Any:
        found = self._meta.get(_in_wsgi(name))  # without an exception for each that is not there
        return default if found is None else str(found)

    def __iter__(self) -> Any:
        names = (key for key in self._meta if key.startswith("HTTP_"))
        yield from (name[5:].lower().replace("_", "-") for name in names)
        yield from (
            key.lower().replace("_", "-") for key in ("CONTENT_TYPE", "CONTENT_LENGTH") if key in self._meta
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)


@lru_cache(maxsize=64)
def _in_wsgi(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def ask_django(statement: str, values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


@public("gateways sign each message; what is not signed with our secret is refused and not stored")
@csrf_exempt
@require_POST
def take(request: HttpRequest, source: str, endpoint: str = "") -> HttpResponse:
    """The same answer by way of Django; see `answer`."""
    try:
        given = answer(
            source=source,
            endpoint=endpoint,
            meta=request.META,
            stream=request,
            now=timezone.now(),
            keep=None,
            ask=ask_django,
            request_id=getattr(request, "request_id", ""),
        )
    except DatabaseError as error:
        log.error("webhooks.not_stored", source=source, error=type(error).__name__)
        given = Answer(503, {"error": "The message could not be stored; deliver it again."})
    return HttpResponse(
        given.body, status=given.status, content_type="application/json", headers=dict(given.headers)
    )
