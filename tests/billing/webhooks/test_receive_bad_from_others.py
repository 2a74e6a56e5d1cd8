"""Hostile bodies and headers at PayPal's and YooKassa's doors: kept as failed or refused, never a 500."""

import json
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from billing.models import WebhookEvent, WebhookPayload
from billing.webhooks import refusing
from tests.billing.webhooks import test_paypal as paypal
from tests.billing.webhooks import test_yookassa as yookassa
from tests.billing.webhooks.test_paypal import mute
from tests.billing.webhooks.test_paypal import server as paypal_server
from tests.billing.webhooks.test_yookassa import server as yookassa_server
from tests.gateways.paypal_server import CERT_PATH, headers

__all__ = ["mute", "paypal_server", "yookassa_server"]
pytestmark = pytest.mark.django_db(transaction=True)

type Send = Callable[[bytes], Any]

SOUND: dict[str, dict[str, Any]] = {
    "paypal": paypal.event("PAYMENT.CAPTURE.COMPLETED", paypal.capture(), event_id="WH-SOUND"),
    "yookassa": yookassa.event("payment.succeeded", yookassa.payment()),
}
INSIDE = {"paypal": "resource", "yookassa": "object"}


@pytest.fixture(params=["paypal", "yookassa"])
def gateway(request: pytest.FixtureRequest) -> str:
    refusing.forget()
    return str(request.param)


@pytest.fixture
def send(gateway: str, request: pytest.FixtureRequest) -> Send:
    if gateway == "yookassa":
        request.getfixturevalue("yookassa_server")
        return lambda body: yookassa.deliver(body)
    server = request.getfixturevalue("paypal_server")
    return lambda body: paypal.deliver(server, body)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Any:
    """What the fixture `mute` of PayPal's stands on."""
    return request.getfixturevalue("paypal_server")


def bodies(gateway: str) -> dict[str, bytes]:
    sound = SOUND[gateway]
    plain = json.dumps(sound).encode()
    inside = INSIDE[gateway]

    def about(**other: Any) -> bytes:
        return json.dumps({**sound, inside: {**sound[inside], **other}}).encode()

    return {
        "null": b"null",
        "number": b"12",
        "list": b"[]",
        "blank": b" ",
        "cut off": plain[:-20],
        "not utf-8": b"\xff\xfe" + plain,
        "deep": b'{"id":"x","' + inside.encode() + b'":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        "NaN": plain.replace(b'"COMPLETED"', b"NaN").replace(b'"succeeded"', b"NaN"),
        "a key twice": plain[:-1] + b',"' + inside.encode() + b'":{"id":"other"}}',
        "NUL in the id": about(id="a\0b"),
        "surrogate in the id": about(id="a\ud800b"),
        "long id": about(id="9" * 300),
        "the object is a list": json.dumps({**sound, inside: [1]}).encode(),
        "the object is null": json.dumps({**sound, inside: None}).encode(),
        "the type is a number": json.dumps({**sound, "event": 7, "event_type": 7}).encode(),
    }


STRANGE: dict[str, dict[str, Any]] = {
    "NUL in a text": {"description": "a\0b"},
    "lone surrogate": {"description": "a\ud800b", "\udc00": 1},
    "beyond 64 bits": {"amount": {"value": 10**30, "currency": "RUB", "currency_code": "EUR"}},
    "infinite": {"note": 1e999},
    "the amount is a list": {"amount": [1, 2]},
    "the moment is a number": {"created_at": 10**18, "create_time": 10**18, "update_time": 10**18},
    "links are a text": {"links": "https://halden.example/"},
    "emoji": {"description": "\N{PARTY POPPER}"},
}


def test_what_cannot_be_read_is_kept_as_failed_once(gateway: str, send: Send) -> None:
    """Each twice, in one test: emptying the database between them would take minutes."""
    for what, body in bodies(gateway).items():
        for number in range(2):
            answer = send(body)
            assert answer.status_code == 200, (what, answer.content)
            assert answer.json()["duplicate"] is bool(number), what
        event = WebhookEvent.objects.latest("pk")
        assert (event.state, event.due_at, event.duplicates) == ("failed", None, 1), what
        assert event.event_id == event.digest
        assert event.error.endswith("."), what
    assert WebhookPayload.objects.count() == len(bodies(gateway))
    assert send(json.dumps(SOUND[gateway]).encode()).json()["duplicate"] is False


def test_what_is_only_strange_is_taken_once(gateway: str, send: Send) -> None:
    sound, inside = SOUND[gateway], INSIDE[gateway]
    for number, (what, other) in enumerate(STRANGE.items()):
        own = {"id": f"{number}1da5c87d-0984-50e8", **other}
        body = json.dumps({**sound, "id": f"WH-{number}", inside: {**sound[inside], **own}}).encode()
        assert [send(body).json()["duplicate"] for _ in range(2)] == [False, True], what
        assert WebhookEvent.objects.latest("pk").content is not None
    assert WebhookEvent.objects.count() == len(STRANGE)


def test_twenty_megabytes_and_other_types_are_refused_unread(gateway: str, send: Send) -> None:
    path = f"/webhooks/{gateway}/"
    large = Client().post(
        path, data=b"x" * 20 * 2**20, content_type="application/json", REMOTE_ADDR=yookassa.THEIRS
    )
    other = Client().post(
        path, data=json.dumps(SOUND[gateway]), content_type="text/plain", REMOTE_ADDR=yookassa.THEIRS
    )
    assert (large.status_code, other.status_code) == (413, 415)
    assert not WebhookEvent.objects.exists()


def test_a_hundred_of_one_at_the_same_moment_are_one(gateway: str, send: Send) -> None:
    body = json.dumps(SOUND[gateway]).encode()
    statuses: list[int] = []

    def once() -> None:
        statuses.extend(send(body).status_code for _ in range(10))
        connection.close()

    threads = [Thread(target=once) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 100
    assert WebhookEvent.objects.get().duplicates == 99


ALTERED: tuple[dict[str, Any], ...] = (
    {"paypal-transmission-sig": None},
    {"paypal-transmission-sig": "not base64 at all"},
    {"paypal-transmission-id": None},
    {"paypal-transmission-id": "another"},
    {"paypal-transmission-time": "yesterday"},
    {"paypal-transmission-time": "2020-01-01T00:00:00Z"},
    {"paypal-transmission-time": "2099-01-01T00:00:00Z"},
    {"paypal-auth-algo": "none"},
    {"paypal-cert-url": "https://evil.example/cert.pem"},
    {"paypal-cert-url": "file:///etc/passwd"},
    {"paypal-cert-url": None},
)


def test_paypals_headers_altered_or_missing_leave_no_row(paypal_server: Any) -> None:
    body = json.dumps(SOUND["paypal"]).encode()
    for change in ALTERED:
        refusing.forget()
        sent = headers(body, paypal_server.served.url + CERT_PATH) | change
        answer = Client().post(
            "/webhooks/paypal/",
            data=body,
            content_type="application/json",
            headers={name: value for name, value in sent.items() if value is not None},
            REMOTE_ADDR=f"203.0.113.{len(change)}",
        )
        assert answer.status_code in (400, 429), change
    assert not WebhookEvent.objects.exists()


def test_paypals_altered_body_leaves_no_row(paypal_server: Any) -> None:
    refusing.forget()
    body = json.dumps(SOUND["paypal"]).encode()
    sent = headers(body, paypal_server.served.url + CERT_PATH)
    changed = body.replace(b"30.00", b"90.00")
    answer = Client().post("/webhooks/paypal/", data=changed, content_type="application/json", headers=sent)
    assert (answer.status_code, WebhookEvent.objects.count()) == (400, 0)
