"""Messages stuffed with secrets in every field: none of them is found anywhere afterwards."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from billing.models import WebhookEvent
from billing.webhooks.allowlist import stripe
from billing.webhooks.draining import drain
from tests import make
from tests.billing.webhooks.desk import SANDBOX_SECRET, SECRETS, deliver, deliver_sandbox
from tests.scenarios.canaries import CANARIES, everywhere, leaks, stuffed

pytestmark = pytest.mark.django_db(transaction=True)
DATA = Path(__file__).parents[3] / "shared" / "data" / "stripe"

CHARGE: dict[str, Any] = {
    "id": "ch_canary", "object": "charge", "amount": 1000, "currency": "eur", "created": 1_763_719_200,
    "status": "succeeded", "description": "", "metadata": {"order": "1"},
    "billing_details": {"address": "", "email": ""}, "outcome": {"reason": "", "type": ""},
    "failure_message": "", "payment_method_details": {"card": {"brand": ""}},
    "refunds": {"data": [{"id": "re_1", "reason": "", "metadata": {"reference": ""}}]},
}  # fmt: skip


def shapes_of_objects() -> dict[str, Any]:
    found = {"charge": CHARGE} | {
        kind: {"id": "x_1", "object": kind, "created": 1_763_719_200, "description": "", "reason": ""}
        for kind in stripe.ALLOWED
        if kind != "charge"
    }
    if (recorded := DATA / "fixtures3.json").exists():
        known = json.loads(recorded.read_text())["resources"]
        found |= {kind: body for kind, body in known.items() if kind in found}
    return found


def messages() -> Iterator[dict[str, Any]]:
    """Every kind with every secret in its object's fields, its id and kind left or stuffed too; then the
    envelope's own fields; each once as handled, and so once failing."""
    serial = 0
    for kind, body in shapes_of_objects().items():
        for secret in CANARIES.values():
            serial += 1
            told = stuffed(copy.deepcopy(body), secret) | {"object": kind}
            if serial % 3:
                told |= {"id": f"obj_{serial}"}
            yield envelope(serial, f"{kind}.updated", told, previous=stuffed(body, secret))
    for secret in CANARIES.values():
        serial += 1
        plain = {"id": f"ch_{serial}", "object": "charge", "amount": 1, "currency": "eur", "created": 1}
        for field in ("id", "type", "api_version"):
            yield envelope(f"{serial}_{field}", "charge.failed", plain) | {field: secret}
        yield envelope(f"{serial}_kind", "charge.failed", plain | {"object": secret})
        yield envelope(f"{serial}_more", "charge.failed", plain) | {"request": {"id": secret}, secret: secret}


def envelope(serial: Any, kind: str, told: Any, previous: Any = None) -> dict[str, Any]:
    data = {"object": told} | ({"previous_attributes": previous} if previous else {})
    return {
        "id": f"evt_canary_{serial}", "object": "event", "api_version": "2026-10-28.endive",
        "type": kind, "created": 1_763_719_200, "data": data,
    }  # fmt: skip


@pytest.fixture(autouse=True)
def _secrets(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = SECRETS
    settings.SANDBOX_WEBHOOK_SECRET = SANDBOX_SECRET


def run(limit: int | None = None) -> int:
    sent = 0
    for message in list(messages())[:limit]:
        answer = deliver(message)
        assert answer.status_code == 200, answer.content
        sent += 1
    for secret in CANARIES.values():
        empty = {"id": "", "object": "", "state": "", "reason": "", "message": ""}
        told = stuffed(empty, secret) | {"id": f"rf_{sent}", "object": "refund"}
        assert deliver_sandbox(envelope(f"sandbox_{sent}", "refund.failed", told)).status_code == 200
        sent += 1
    for _ in range(20):
        drain(now=timezone.now(), worker="canaries")
    return sent


def test_no_canary_is_found_anywhere(client: Client, lines: list[str]) -> None:
    client.force_login(make.member("admin"))
    sent = run()
    assert WebhookEvent.objects.count() == sent
    found = everywhere(client) | {"log": "\n".join(lines)}
    assert leaks(found) == []
    assert "[card …3184]" in found["table billing_webhookpayload"], "nothing was stored to look in"


def test_they_are_found_when_the_allow_list_lets_all_through(
    client: Client, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: without the list and the shapes, the same search finds them in the table and on the pages."""
    client.force_login(make.member("admin"))
    monkeypatch.setattr("billing.webhooks.sources.envelope.allowed", lambda *a, **k: (dict(a[2]), {}))
    monkeypatch.setattr("billing.webhooks.storing._holds_nothing", lambda value: True)
    run(40)
    places = {place.split()[0] for place, _ in leaks(everywhere(client))}
    assert "table" in places
