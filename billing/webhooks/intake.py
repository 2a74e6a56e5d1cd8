"""Storing a gateway's message: verified, once, and only what may be kept of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from billing.errors import InvalidInput
from billing.gateways.errors import NotSetUp
from billing.gateways.signing import verify as verify_sandbox
from billing.gateways.stripe import BadSignature, verify_webhook
from billing.logs import add_facts, note_odd, service
from billing.webhooks import queue
from billing.webhooks.allowlist import allowed

TOLERANCE = timedelta(minutes=5)
LARGEST = 1024 * 1024

STORE = """
WITH told AS (
    INSERT INTO billing_webhookevent
        (source, event_id, type, object_kind, object_id, state, happened_at, received_at,
         due_at, attempts, duplicates, error, endpoint, customer_gateway_id, api_version, digest)
    VALUES (%(source)s, %(event_id)s, %(type)s, %(object_kind)s, %(object_id)s, 'received', %(happened_at)s,
            %(received_at)s, %(received_at)s, 0, 0, '', '', '', '', '')
    ON CONFLICT (source, event_id) DO UPDATE SET duplicates = billing_webhookevent.duplicates + 1
    RETURNING id, (xmax = 0) AS is_new
), content AS (
    INSERT INTO billing_webhookpayload (event_id, received_at, body)
    SELECT id, %(received_at)s, %(body)s::jsonb FROM told WHERE is_new
)
SELECT id, is_new FROM told
"""


@dataclass(frozen=True, slots=True)
class Received:
    """The event's row, and whether this was the first time that it came."""

    event_pk: int
    is_new: bool


class NotSigned(Exception):
    """The message is not the gateway's; nothing was stored. The sentence holds no secret."""


@service("webhooks")
def receive(*, source: str, body: bytes, signature: str, now: datetime) -> Received:
    """Verifies a message on its raw bytes, stores it once by its id, and gives it to a worker.

    Raises `NotSetUp` when there is no secret to check with, `NotSigned` for a wrong or old signature,
    `InvalidInput` for signed bytes that are no event. Nothing is stored then.
    """
    _verify(source, body, signature, now)
    event = _event(body)
    kind = str(event["object"].get("object") or "")
    content, dropped = allowed(source, kind, event["object"])
    told = {
        "source": source,
        "event_id": event["id"],
        "type": event["type"],
        "object_kind": kind[:40],
        "object_id": str(event["object"].get("id") or "")[:255],
        "happened_at": datetime.fromtimestamp(event["created"], UTC),
        "received_at": now,
        "body": json.dumps({"object": content, "dropped": dropped, "api_version": event["api_version"]}),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STORE, told)
        pk, is_new = cursor.fetchone()
        if is_new:
            queue.defer_event(pk)
    add_facts(event_id=event["id"], type=event["type"], is_new=is_new)
    return Received(pk, is_new)


def _verify(source: str, body: bytes, signature: str, now: datetime) -> None:
    if source == "stripe":
        if not settings.STRIPE_WEBHOOK_SECRETS:
            note_odd("webhooks.secret_missing", source=source, setting="STRIPE_WEBHOOK_SECRETS")
            raise NotSetUp("webhook_secret_missing", "STRIPE_WEBHOOK_SECRETS is not set.")
        try:
            verify_webhook(body, signature, settings.STRIPE_WEBHOOK_SECRETS, tolerance=TOLERANCE, now=now)
        except BadSignature as refusal:
            raise NotSigned(str(refusal)) from None
        return
    if not settings.SANDBOX_WEBHOOK_SECRET:
        note_odd("webhooks.secret_missing", source=source, setting="SANDBOX_WEBHOOK_SECRET")
        raise NotSetUp("webhook_secret_missing", "SANDBOX_WEBHOOK_SECRET is not set.")
    if not verify_sandbox(body, signature, [settings.SANDBOX_WEBHOOK_SECRET], tolerance=TOLERANCE, now=now):
        raise NotSigned("The signature does not match.")


def _event(body: bytes) -> dict[str, Any]:
    """The event's id, type, moment and object. Raises `InvalidInput`."""
    try:
        found = json.loads(body)
        told = {
            "id": found["id"],
            "type": found["type"],
            "created": found["created"],
            "object": found["data"]["object"],
            "api_version": str(found.get("api_version") or "")[:40],
        }
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidInput("not_an_event", "The message is signed but is not an event.") from error
    fits = (
        isinstance(told["id"], str)
        and 0 < len(told["id"]) <= 255
        and isinstance(told["type"], str)
        and 0 < len(told["type"]) <= 80
        and isinstance(told["created"], int)
        and 0 < told["created"] < 2**33
        and isinstance(told["object"], Mapping)
    )
    if not fits or b"\\u0000" in body:
        raise InvalidInput("not_an_event", "The message is signed but is not an event.")
    return told
