"""YooKassa's notifications and answers stuffed with secrets: none is found afterwards, and what must does."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from billing.models import Payment, Refund, WebhookEvent
from billing.webhooks.allowlist import TREES
from billing.webhooks.draining import drain
from tests import make
from tests.billing.webhooks.test_yookassa import deliver, event, server
from tests.gateways.yookassa_server import payment, refund
from tests.scenarios.canaries import CANARIES, beside, everywhere, leaks, sound, stuffed

__all__ = ["server"]
pytestmark = pytest.mark.django_db(transaction=True)


def messages(server: Any) -> Iterator[dict[str, Any]]:
    """Every kind with every secret in all of its fields; then money that YooKassa confirms, in a message and
    in an answer whose every text holds the secret."""
    serial = 0
    for kind, tree in TREES["yookassa"].items():
        for secret in CANARIES.values():
            serial += 1
            told = stuffed(sound(tree), secret) | {"id": f"{serial:08x}-000f-5000-8000-18db351245c7"}
            yield event(f"{kind}.succeeded", told) | {secret: secret}
    for secret in CANARIES.values():
        yield event(secret, payment("22e12f66-000f-5000-8000-18db351245c8"))
        yield event("payment.succeeded", payment(secret))
        serial += 1
        own = f"{serial:08x}-000f-5000-8000-18db351245c7"
        texts = {
            "description": "" if secret == CANARIES["name"] else f"paid, they say: {secret}",
            "metadata": {"note": secret, secret: secret},
            "merchant_customer_id": secret,
            "cancellation_details": {"party": secret, "reason": secret},
        }
        paid = payment(own, **texts)
        card = {"first6": secret, "last4": "4477", "card_type": secret, "issuer": secret}
        paid["payment_method"] |= {"title": secret, "card": card}
        yield event("payment.succeeded", server.put("payments", paid))
        given = refund(f"{serial:08x}-0015-5000-a000-1c7c1d1e2f3a", value="1.00", of=own, **texts)
        yield event("refund.succeeded", server.put("refunds", given))


def test_no_canary_is_found_anywhere(server: Any, client: Client, lines: list[str]) -> None:
    client.force_login(make.member("admin"))
    for message in messages(server):
        answer = deliver(message)
        assert answer.status_code == 200, answer.content
    for _ in range(10):
        drain(now=timezone.now(), worker="canaries")
    assert Payment.objects.count() == Refund.objects.count() == len(CANARIES)
    found = everywhere(client) | {"log": "\n".join(lines)}
    for row in Payment.objects.all():
        found[f"payment {row.reference}"] = client.get(f"/payments/{row.reference}/").content.decode()
    assert leaks(found) == []
    assert "[card …3184]" in found["table billing_webhookpayload"], "nothing was stored to look in"


@pytest.mark.parametrize("kind", TREES["yookassa"])
def test_what_must_survive_does(server: Any, kind: str) -> None:
    kept = sound(TREES["yookassa"][kind])
    for serial, secret in enumerate(CANARIES.values()):
        own = kept | {"id": f"{serial:08x}-000f-5000-8000-18db351245c7"}
        assert deliver(event(f"{kind}.succeeded", beside(own, secret))).status_code == 200
        stored = WebhookEvent.objects.latest("pk")
        assert (stored.content["object"], stored.state) == (own, "received")
        assert "note_of_theirs" in stored.content["dropped"]


def test_they_are_found_when_the_allow_list_lets_all_through(
    server: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: without the list the same search finds them in the table."""
    client.force_login(make.member("admin"))
    monkeypatch.setattr("billing.webhooks.sources.yookassa.allowed", lambda *a, **k: (dict(a[2]), {}))
    for message in [*messages(server)][:20]:
        deliver(message)
    assert {place.split()[0] for place, _ in leaks(everywhere(client))} >= {"table"}
