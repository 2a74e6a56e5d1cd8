"""Messages as gateways send them, signed with the desk's own secrets."""

import hmac
import json
from typing import Any

from django.test import Client
from django.utils import timezone

from billing.gateways.signing import sign

SECRETS = ["whsec_old000000000", "whsec_new000000000"]
SANDBOX_SECRET = "sandbox-secret-of-the-tests"


def stripe_event(kind: str, body: dict[str, Any], *, at: int, event_id: str = "") -> dict[str, Any]:
    return {
        "id": event_id or f"evt_{kind.replace('.', '_')}_{at}_{body['id']}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "type": kind,
        "created": at,
        "data": {"object": body},
    }


def signature(body: bytes, secret: str, *, at: int | None = None) -> str:
    stamp = at or int(timezone.now().timestamp())
    return f"t={stamp},v1={hmac.digest(secret.encode(), f'{stamp}.'.encode() + body, 'sha256').hex()}"


def deliver(
    event: Any, *, secret: str = SECRETS[1], at: int | None = None, path: str = "/webhooks/stripe/"
) -> Any:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return Client(enforce_csrf_checks=True).post(
        path,
        data=body,
        content_type="application/json",
        headers={"Stripe-Signature": signature(body, secret, at=at)},
    )


def deliver_sandbox(event: dict[str, Any]) -> Any:
    body = json.dumps(event).encode()
    return Client(enforce_csrf_checks=True).post(
        "/webhooks/sandbox/",
        data=body,
        content_type="application/json",
        headers={"Sandbox-Signature": sign(body, SANDBOX_SECRET, now=timezone.now())},
    )
