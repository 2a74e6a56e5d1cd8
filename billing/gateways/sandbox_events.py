"""The messages that the sandbox owes the desk, and posting them to it."""

import http.client
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db.models import F
from procrastinate.contrib.django import app

from billing.gateways import signing
from billing.gateways.models import SandboxEvent

log = structlog.get_logger("billing")

BATCH = 100
SECONDS = 10
MOST_TRIES = 80


def owe_event(kind: str, found: Mapping[str, Any], *, due_at: datetime, event_id: str = "") -> SandboxEvent:
    """Writes down a message and a job that delivers it when it is due, in the caller's transaction."""
    event_id = event_id or f"sbx_evt_{secrets.token_hex(8)}"
    shown = {name: value for name, value in found.items() if name != "at"}
    event = SandboxEvent.objects.create(
        id=event_id,
        type=kind,
        body={"id": event_id, "type": kind, "created": int(due_at.timestamp()), "data": {"object": shown}},
        due_at=due_at,
    )
    app.configure_task("gateways.deliver_sandbox_events", schedule_at=due_at).defer()
    return event


def deliver_due(*, now: datetime) -> int:
    """Posts what is due, oldest first, each on its own; gives how many were taken.

    What is not taken (anything but a 2xx) is due again after 1, 2, 4 … minutes, an hour at most.
    """
    due = SandboxEvent.objects.filter(delivered_at=None, due_at__lte=now, attempts__lt=MOST_TRIES)
    if not settings.SANDBOX_WEBHOOK_SECRET:
        log.warning("sandbox.delivery_unsigned", remedy="set SANDBOX_WEBHOOK_SECRET")
        return 0
    taken = 0
    for event in due.order_by("due_at", "id")[:BATCH]:
        if status := _post(event, now):
            wait = timedelta(minutes=min(2**event.attempts, 60))
            SandboxEvent.objects.filter(id=event.id).update(attempts=F("attempts") + 1, due_at=now + wait)
            log.warning(
                "sandbox.delivery_refused", message_id=event.id, status=status, attempts=event.attempts + 1
            )
        else:
            SandboxEvent.objects.filter(id=event.id).update(attempts=F("attempts") + 1, delivered_at=now)
            taken += 1
    return taken


def _post(event: SandboxEvent, now: datetime) -> str:
    """Empty when the desk took it, else the status or the name of the error."""
    body = json.dumps(event.body, separators=(",", ":")).encode()
    request = urllib.request.Request(  # noqa: S310 - the settings take http and https only
        f"{settings.SANDBOX_DELIVERY_URL}/webhooks/sandbox/",
        data=body,
        headers={
            "Content-Type": "application/json",
            signing.HEADER: signing.sign(body, settings.SANDBOX_WEBHOOK_SECRET, now=now),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return "" if 200 <= answer.status < 300 else str(answer.status)
    except urllib.error.HTTPError as error:
        return str(error.code)
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
