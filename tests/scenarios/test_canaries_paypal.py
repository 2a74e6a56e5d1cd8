"""PayPal's messages stuffed with secrets: none is found afterwards, and what must survive does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from billing.models import Payment, WebhookEvent
from billing.webhooks.allowlist import TREES
from billing.webhooks.draining import drain
from billing.webhooks.sources.paypal import KINDS
from tests import make
from tests.billing.webhooks.test_paypal import capture, deliver, event, mute, server
from tests.scenarios.canaries import CANARIES, beside, everywhere, leaks, sound, stuffed

__all__ = ["mute", "server"]
pytestmark = pytest.mark.django_db(transaction=True)

#: A type for each kind of object, and so one for each line of the allow list.
TYPES = {kind: f"{begins.rstrip('.')}.UPDATED" for begins, kind in reversed(KINDS)}


def messages() -> Iterator[dict[str, Any]]:
    """Every kind with every secret in all of its fields, its own id left or stuffed too; then the envelope's
    own fields; then money that is sound but for its texts."""
    serial = 0
    for kind, tree in TREES["paypal"].items():
        for secret in CANARIES.values():
            serial += 1
            told = stuffed(sound(tree), secret)
            if serial % 3:
                told |= {"id": f"{serial:013d}CAN1", "create_time": "2026-11-18T09:00:00Z"}
            yield sent(serial, TYPES[kind], told)
    fields = ("id", "event_type", "resource_type", "resource_version", "create_time", "summary")
    for secret in CANARIES.values():
        for field in (*fields, secret):
            serial += 1
            yield sent(serial, "PAYMENT.CAPTURE.COMPLETED", capture()) | {field: secret}
        serial += 1
        texts = {"custom_id": secret, "note_to_payer": secret, "payer": {"name": secret}}
        noted = capture(id=f"{serial:013d}CAN2", **texts, status_details={"reason": secret})
        yield sent(serial, "PAYMENT.CAPTURE.COMPLETED", noted)


def sent(serial: int, kind: str, resource: dict[str, Any]) -> dict[str, Any]:
    return event(kind, resource, event_id=f"WH-CANARY{serial:06d}")


def test_no_canary_is_found_anywhere(mute: Any, client: Client, lines: list[str]) -> None:
    client.force_login(make.member("admin"))
    count = 0
    for message in messages():
        answer = deliver(mute, message)
        assert answer.status_code == 200, answer.content
        count += 1
    for _ in range(10):
        drain(now=timezone.now(), worker="canaries")
    assert WebhookEvent.objects.count() == count
    assert Payment.objects.count() >= len(CANARIES), "the sound ones among them were not recorded"
    found = everywhere(client, every=23) | {"log": "\n".join(lines)}
    assert leaks(found) == []
    assert "[card …3184]" in found["table billing_webhookpayload"], "nothing was stored to look in"


@pytest.mark.parametrize("kind", TREES["paypal"])
def test_what_must_survive_does(mute: Any, client: Client, kind: str) -> None:
    """Ids, amounts, currencies, states, moments and sound texts of every field of the list stay as they were
    sent, whatever stands beside them; they are on the page too."""
    kept = sound(TREES["paypal"][kind])
    for serial, secret in enumerate(CANARIES.values()):
        assert deliver(mute, sent(serial, TYPES[kind], beside(kept, secret))).status_code == 200
    for stored in WebhookEvent.objects.all():
        assert stored.content["object"] == kept
        assert "note_of_theirs" in stored.content["dropped"]
    client.force_login(make.member("admin"))
    page = client.get(f"/webhooks/{stored.pk}/?payload=raw").content.decode()
    assert "5O190127TN364715T" in page
    assert "1763719200.12" in page or "amount" not in kept


def test_they_are_found_when_the_allow_list_lets_all_through(
    mute: Any, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The twin: without the list the same search finds them in the table."""
    client.force_login(make.member("admin"))
    monkeypatch.setattr("billing.webhooks.sources.paypal.allowed", lambda *a, **k: (dict(a[2]), {}))
    for message in [*messages()][:20]:
        deliver(mute, message)
    assert {place.split()[0] for place, _ in leaks(everywhere(client))} >= {"table"}
