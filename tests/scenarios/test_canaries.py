"""Messages stuffed with secrets in every field: none of them is found anywhere afterwards."""

import copy
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from billing.models import WebhookEvent
from billing.webhooks.allowlist import stripe
from billing.webhooks.draining import drain
from dashboard.logs.config import renderers, shared_processors
from tests import make
from tests.billing.webhooks.desk import SANDBOX_SECRET, SECRETS, deliver, deliver_sandbox

pytestmark = pytest.mark.django_db(transaction=True)
DATA = Path(__file__).parents[3] / "shared" / "data" / "stripe"

CANARIES = {
    "card": "4000002760003184",
    "spaced card": "4000 0027 6000 3184",
    "account": "DE89370400440532013000",
    "spaced account": "NL91 ABNA 0417 1643 00",
    "key": "sk_live_51CanaryHxyzABCDEF",
    "signing secret": "whsec_canary0123456789abcdef",
    "web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ",
    "e-mail": "zebedee.quillfeather@canary.example",
    "name": "Zebedee Quillfeather",
    "code": "cvc 9137",
    "client secret": "pi_3Canary_secret_9Zx8Yw7Vu6",
    "address": "https://desk:canary22@halden.example/books",
    "telephone": "+44 20 7946 0958",
}
#: What is looked for: the part of each that is secret.
SOUGHT = [
    "4000002760003184", "4000 0027 6000 3184", "DE8937040044", "0417 1643", "51CanaryHxyz",
    "canary0123456789", "eyJzdWIiOiJjYW5hcnki", "zebedee", "Quillfeather", "9137", "9Zx8Yw7Vu6", "canary22",
    "7946 0958",
]  # fmt: skip
CHARGE: dict[str, Any] = {
    "id": "ch_canary", "object": "charge", "amount": 1000, "currency": "eur", "created": 1_763_719_200,
    "status": "succeeded", "description": "", "metadata": {"order": "1"},
    "billing_details": {"address": "", "email": ""}, "outcome": {"reason": "", "type": ""},
    "failure_message": "", "payment_method_details": {"card": {"brand": ""}},
    "refunds": {"data": [{"id": "re_1", "reason": "", "metadata": {"reference": ""}}]},
}  # fmt: skip


#: What people write about what is sold and why something failed is kept as text: a name in it is only a word.
FREE_TEXT = ("description", "memo", "message", "failure_message", "name")


def stuffed(value: Any, secret: str, at: str = "") -> Any:
    """The same shape with the secret in every place, and under a name of its own in every mapping."""
    if isinstance(value, dict):
        told = {name: stuffed(inner, secret, name) for name, inner in value.items()}
        return told | {secret: 1, "new": secret}
    if isinstance(value, list):
        return [stuffed(inner, secret) for inner in value] or [secret]
    if isinstance(value, int) and secret.isdigit():
        return int(secret)
    return value if secret == CANARIES["name"] and at in FREE_TEXT else secret


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


def everywhere(client: Client) -> dict[str, str]:
    """All that is kept or shown: each table's text, the list, its export, each page with its raw content."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM public.\"{table}\" t")
            found[f"table {table}"] = cursor.fetchone()[0]
    found["list"] = client.get("/webhooks/").content.decode()
    answer = client.get("/webhooks/?format=csv")
    found["export"] = (
        b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
    )  # type: ignore[attr-defined]
    for pk in WebhookEvent.objects.order_by("pk").values_list("pk", flat=True)[::17]:
        for query in ("", "?payload=raw", "?payload=open"):
            found[f"page {pk}{query}"] = client.get(f"/webhooks/{pk}/{query}").content.decode()
    found["error page"] = client.get("/webhooks/999999999/").content.decode()
    return found


def leaks(found: dict[str, str]) -> list[tuple[str, str]]:
    """A short run of digits is sought on its own: inside of a longer number it is chance."""
    return [
        (place, secret)
        for place, text in found.items()
        for secret in SOUGHT
        if re.search(rf"(?<![0-9a-f.]){secret}(?![0-9a-f])" if secret.isdigit() else re.escape(secret), text)
    ]


@pytest.fixture
def lines(settings: Any) -> Iterator[list[str]]:
    """What every logger writes, as it would stand in the log."""
    import structlog

    settings.STRIPE_WEBHOOK_SECRETS = SECRETS
    settings.SANDBOX_WEBHOOK_SECRET = SANDBOX_SECRET
    written: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler = Keep()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=renderers(as_json=True), foreign_pre_chain=shared_processors()
        )
    )
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


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
    monkeypatch.setattr("billing.webhooks.storing.redact_text", lambda text: text)
    run(40)
    places = {place.split()[0] for place, _ in leaks(everywhere(client))}
    assert "table" in places
