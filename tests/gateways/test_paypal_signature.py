"""PayPal's signature: what passes, and everything that must not."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from billing.gateways import paypal_certificates
from billing.gateways.errors import NotSetUp
from billing.webhooks.sources.paypal import PayPal
from billing.webhooks.sources.protocol import Delivery, NotSigned
from tests.gateways.paypal_server import (
    CERT_PATH,
    DAY,
    WEBHOOK_ID,
    certificate,
    headers,
    paypal_serving,
)
from tests.gateways.server import Answer

pytestmark = pytest.mark.django_db(transaction=True)
BODY = b'{"id": "WH-1", "event_type": "PAYMENT.CAPTURE.COMPLETED", "resource": {"id": "8XF"}}'


@pytest.fixture
def server(settings: Any, tmp_path: Path) -> Any:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    with paypal_serving(settings, tmp_path) as server:
        yield server


def verify(server: Any, body: bytes = BODY, *, sent: dict[str, str] | None = None, **how: Any) -> None:
    url = how.pop("url", server.served.url + CERT_PATH)
    told = headers(how.pop("signed", body), url, **how) | (sent or {})
    PayPal().verify(Delivery(body, told), now=datetime.now(UTC))


def reason(server: Any, *args: Any, **how: Any) -> str:
    with pytest.raises(NotSigned) as refusal:
        verify(server, *args, **how)
    return refusal.value.reason


def test_a_signed_message_passes_and_its_certificate_is_fetched_once(server: Any) -> None:
    verify(server)
    verify(server, b"\x00 not even text")
    verify(server, stamp=datetime.now(UTC).astimezone().isoformat(timespec="seconds"))
    paypal_certificates.forget()
    verify(server)  # from what the processes share
    assert [asked.path for asked in server.served.asked] == [CERT_PATH]


def test_any_of_our_webhook_ids_will_do_and_nobody_elses(server: Any, settings: Any) -> None:
    settings.PAYPAL_WEBHOOK_IDS = ["1NEWNEWNEWNEWNEWN", WEBHOOK_ID]
    verify(server)
    assert reason(server, webhook_id="5SOMEBODYELSES00") == "mismatch"
    settings.WEBHOOK_ENDPOINTS = {"paypal": {"test": ["7TESTTESTTESTTES"]}}
    told = headers(BODY, server.served.url + CERT_PATH, webhook_id="7TESTTESTTESTTES")
    PayPal().verify(Delivery(BODY, told, endpoint="test"), now=datetime.now(UTC))
    settings.PAYPAL_WEBHOOK_IDS = []
    with pytest.raises(NotSetUp):
        verify(server)


def test_what_was_changed_missing_or_old_does_not_pass(server: Any) -> None:
    now = datetime.now(UTC)
    assert reason(server, BODY + b" ", signed=BODY) == "mismatch"
    assert reason(server, owner="Somebody") == "mismatch"
    assert reason(server, at=now - timedelta(seconds=400)) == "too_old"
    assert reason(server, at=now + timedelta(seconds=400)) == "too_new"
    for name in headers(BODY, "x"):
        assert reason(server, sent={name: ""}) == "missing"
    assert reason(server, stamp="yesterday") == "malformed"
    assert reason(server, sent={"paypal-auth-algo": "SHA1withRSA"}) == "malformed"
    assert reason(server, sent={"paypal-transmission-sig": "A" * 41}) in ("malformed", "mismatch")
    assert reason(server, sent={"paypal-transmission-id": "a|b" * 8}) == "malformed"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.paypal.com/cert",
        "https://paypal.com.halden.example/cert",
        "https://notpaypal.com/cert",
        "https://api.paypal.com@halden.example/cert",
        "https://halden.example/api.paypal.com",
        "https://api.paypal.com:8443/cert",
        "https://halden.example#.paypal.com/cert",
        "https://halden.example\\.paypal.com/cert",
        "https://api.paypal.com/cert?then=https://halden.example",
        "https://api.pаypal.com/cert",
        "https://.paypal.com/../cert\n",
        "https://api.paypal.com:x/cert",
        "file:///etc/passwd",
        "//api.paypal.com/cert",
        "https://[::1]/cert",
    ],
)
def test_a_certificate_is_fetched_from_paypal_only(server: Any, url: str) -> None:
    assert reason(server, url=url) == "certificate"
    assert server.served.asked == []


def test_paypals_hosts_are_known() -> None:
    for host in ("api.paypal.com", "api.sandbox.paypal.com", "paypal.com"):
        paypal_certificates.require_paypal(f"https://{host}/v1/notifications/certs/CERT-1")
        paypal_certificates.require_paypal(f"https://{host}:443/v1/notifications/certs/CERT-1")


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(lambda: certificate(by="Nobody's Root"), id="another authority"),
        pytest.param(lambda: certificate(ends=-timedelta(hours=1)), id="ended"),
        pytest.param(lambda: certificate(starts=DAY), id="not yet"),
        pytest.param(lambda: certificate("halden.example"), id="another name"),
        pytest.param(lambda: certificate("paypal.com.halden.example"), id="a look-alike"),
        pytest.param(lambda: b"<html>not found</html>", id="no certificate"),
        pytest.param(lambda: b"", id="nothing"),
        pytest.param(lambda: b"x" * 100_000, id="too large"),
    ],
)
def test_only_a_certificate_of_paypals_that_a_trusted_root_vouches_for_counts(server: Any, pem: Any) -> None:
    server.pem = pem()
    assert reason(server) == "certificate"
    assert reason(server) == "certificate"
    assert len(server.served.asked) == 1  # not asked for again at once


def test_redirects_are_not_followed(server: Any) -> None:
    server.answers[CERT_PATH] = Answer(302, b"", {"Location": "https://halden.example/cert"})
    assert reason(server) == "certificate"


def test_when_paypal_cannot_be_reached_the_sender_shall_come_again(server: Any) -> None:
    server.answers[CERT_PATH] = Answer(503, b"")
    with pytest.raises(NotSetUp):
        verify(server)
    del server.answers[CERT_PATH]
    verify(server)


def test_paypals_own_opinion_counts_where_that_is_configured(server: Any, settings: Any) -> None:
    settings.PAYPAL_VERIFY = "api"
    verify(server, owner="Somebody")  # it is not for us to judge
    asked = json.loads(server.served.asked[-1].body)
    assert asked["webhook_event"] == json.loads(BODY)
    assert BODY in server.served.asked[-1].body
    assert asked["webhook_id"] == WEBHOOK_ID
    assert asked["auth_algo"] == "SHA256withRSA"
    server.says = "FAILURE"
    assert reason(server) == "mismatch"
    assert reason(server, b'{"a": 1}, "webhook_id": "x"') == "malformed"
    server.answers["/v1/notifications/verify-webhook-signature"] = Answer(500)
    with pytest.raises(NotSetUp):
        verify(server)
