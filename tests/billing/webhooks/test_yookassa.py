"""YooKassa from the door to the books: who may knock, and that nothing is believed unasked."""

import itertools
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from billing.checks.run import verify
from billing.models import Payment, Refund, WebhookEvent, WebhookPayload
from billing.refunds.services import submit_refund
from billing.webhooks.services import drain
from billing.webhooks.sources.yookassa import comes_from
from tests.billing.refunds import desk
from tests.gateways.yookassa_server import PAYMENT_ID, found, payment, refund, yookassa_serving

pytestmark = pytest.mark.django_db(transaction=True)
SHARED = Path(__file__).parents[4] / "shared" / "data" / "yookassa"
THEIRS = "185.71.76.5"


@pytest.fixture
def server(settings: Any) -> Any:
    with yookassa_serving(settings) as server:
        yield server


def event(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"type": "notification", "event": kind, "object": body}


def deliver(told: Any, *, address: str = THEIRS, **more: Any) -> Any:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return Client(enforce_csrf_checks=True).post(
        "/webhooks/yookassa/", data=body, content_type="application/json", REMOTE_ADDR=address, **more
    )


def tell(*events: dict[str, Any]) -> WebhookEvent:
    for told in events:
        assert deliver(told).status_code == 200
    drain()
    for hours in (1, 2, 12):
        drain(now=timezone.now() + timedelta(hours=hours))
    last = events[-1]
    return WebhookEvent.objects.get(event_id=f"{last['event']}:{last['object']['id']}")


def hold() -> None:
    broken = [result for result in verify() if not result.holds]
    assert not broken, broken


@pytest.mark.parametrize(
    ("address", "is_theirs"),
    [
        ("185.71.76.0", True),
        ("185.71.76.31", True),
        ("185.71.76.32", False),
        ("185.71.77.31", True),
        ("77.75.153.127", True),
        ("77.75.153.128", False),
        ("77.75.154.127", False),
        ("77.75.154.128", True),
        ("77.75.156.11", True),
        ("77.75.156.12", False),
        ("77.75.156.35", True),
        ("2a02:5180:0000:2669:0000:0000:0000:7d35", True),
        ("2a02:5180:0:1509::1", True),
        ("2a02:5180:0:1510::1", False),
        ("::ffff:185.71.76.5", True),
        ("::ffff:185.71.76.32", False),
        ("::185.71.76.5", False),
        ("127.0.0.1", False),
        ("::1", False),
        ("", False),
        ("185.71.76.5, 10.0.0.1", False),
        ("0185.071.076.05", False),
    ],
)
def test_only_yookassas_networks_may_knock(settings: Any, address: str, is_theirs: bool) -> None:
    assert comes_from(address, settings.YOOKASSA_NETWORKS) is is_theirs


@pytest.mark.skipif(not SHARED.exists(), reason="needs the recorded addresses")
def test_every_recorded_address(settings: Any) -> None:
    facts = json.loads((SHARED / "facts.json").read_text())
    assert all(comes_from(each, settings.YOOKASSA_NETWORKS) for each in facts["ip_must_accept"])
    assert not any(comes_from(each, settings.YOOKASSA_NETWORKS) for each in facts["ip_must_reject"])


def test_a_stranger_leaves_no_row_whatever_they_say_of_themselves(server: Any, settings: Any) -> None:
    told = event("payment.succeeded", payment())
    assert deliver(told, address="203.0.113.9").status_code == 400
    assert deliver(told, address="203.0.113.9", headers={"X-Forwarded-For": THEIRS}).status_code == 400
    assert not WebhookEvent.objects.exists()
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    assert deliver(told, address="10.1.2.3", headers={"X-Forwarded-For": THEIRS}).status_code == 200
    assert deliver(told, address="10.1.2.3", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 400
    assert WebhookEvent.objects.count() == 1


def test_a_payment_is_recorded_once_however_often_it_is_told(server: Any) -> None:
    server.put("payments", payment())
    told = event("payment.succeeded", payment())
    assert tell(told, told, told).state == "processed"
    row = Payment.objects.get()
    assert (row.state, row.amount_minor, row.currency, row.fee_minor) == ("succeeded", 1_000, "RUB", 35)
    assert (row.card_brand, row.card_last4, row.method_kind) == ("mastercard", "4477", "card")
    assert WebhookEvent.objects.get().duplicates == 2
    tell(told)
    assert Payment.objects.count() == 1
    hold()


def test_what_yookassa_answers_counts_and_not_what_the_message_says(server: Any) -> None:
    server.put("payments", payment(value="10.00"))
    tell(event("payment.succeeded", payment(value="999999.00")))
    assert Payment.objects.get().amount_minor == 1_000


def test_a_message_that_yookassa_does_not_confirm_is_ignored_with_a_remark(server: Any) -> None:
    invented = tell(event("payment.succeeded", payment("ffffffff-000f-5000-8000-1b11af6bc0de")))
    assert (invented.state, "does not know" in invented.error) == ("ignored", True)
    server.put("payments", payment(status="pending"))
    early = tell(event("payment.succeeded", payment()))
    assert early.state == "ignored"
    assert "says succeeded, YooKassa says pending" in early.error
    assert not Payment.objects.exists()


def test_nothing_is_believed_without_a_key_and_everything_once_there_is_one(
    server: Any, settings: Any
) -> None:
    server.put("payments", payment())
    settings.YOOKASSA_SECRET_KEY = ""
    deliver(event("payment.succeeded", payment()))
    drain()
    waiting = WebhookEvent.objects.get()
    assert (waiting.state, "YOOKASSA_SECRET_KEY" in waiting.error) == ("failed", True)
    assert not Payment.objects.exists()
    settings.YOOKASSA_SECRET_KEY = "halden-secret"
    drain(now=timezone.now() + timedelta(minutes=6))
    assert Payment.objects.get().state == "succeeded"


def test_yookassa_out_of_reach_is_tried_again(server: Any) -> None:
    server.put("payments", payment())
    server.answers[f"/payments/{PAYMENT_ID}"] = found({}, 500)
    deliver(event("payment.succeeded", payment()))
    drain()
    assert WebhookEvent.objects.get().state == "failed"
    del server.answers[f"/payments/{PAYMENT_ID}"]
    drain(now=timezone.now() + timedelta(minutes=6))
    assert Payment.objects.get().state == "succeeded"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_payment_and_its_refunds_in_any_order(server: Any, order: Any) -> None:
    server.put("payments", payment())
    first = server.put("refunds", refund("2b900001-0015-5000-8000-1b11af6bc0de", value="0.99"))
    second = server.put("refunds", refund("2b900002-0015-5000-8000-1b11af6bc0de", value="9.01"))
    told = [
        event("payment.succeeded", payment()),
        event("refund.succeeded", first),
        event("refund.succeeded", second),
    ]
    tell(*(told[place] for place in order), *(told[place] for place in order))
    assert Payment.objects.get().captured_minor == 1_000
    assert sorted(Refund.objects.values_list("amount_minor", "state")) == [
        (99, "succeeded"),
        (901, "succeeded"),
    ]
    hold()


def test_an_authorisation_captured_or_let_go(server: Any) -> None:
    server.put("payments", payment(status="waiting_for_capture"))
    tell(event("payment.waiting_for_capture", payment(status="waiting_for_capture")))
    assert Payment.objects.get().state == "authorized"
    gone = payment(
        status="canceled", cancellation_details={"party": "merchant", "reason": "canceled_by_merchant"}
    )
    server.put("payments", gone)
    tell(event("payment.canceled", gone))
    assert (Payment.objects.get().state, Payment.objects.get().failure_code) == (
        "canceled",
        "canceled_by_merchant",
    )
    hold()


def test_a_refund_runs_from_the_desk_and_comes_back_as_itself(server: Any) -> None:
    server.put("payments", payment())
    tell(event("payment.succeeded", payment()))
    made = desk.issue(Payment.objects.get(), 999, now=timezone.now())
    submit_refund(refund_id=made.pk, now=timezone.now())
    assert list(server.keys) == [made.reference]
    assert tell(event("refund.succeeded", server.keys[made.reference])).state == "processed"
    made.refresh_from_db()
    assert (made.state, made.origin, Refund.objects.count()) == ("succeeded", "desk", 1)
    hold()


def test_deals_and_payouts_are_kept_and_say_why_nothing_was_done(server: Any) -> None:
    deal = tell(event("deal.closed", {"id": "dl-1", "status": "closed"}))
    assert (deal.state, deal.error) == ("ignored", "A deal's money is told of by its payments and refunds.")
    assert tell(event("payout.succeeded", {"id": "po-1", "status": "succeeded"})).state == "ignored"
    assert tell(event("something.new", {"id": "x-1"})).state == "ignored"


def test_card_details_and_metadata_are_not_stored(server: Any) -> None:
    tell(event("payment.succeeded", payment(metadata={"email": "liv.moen@halden.example"})))
    body = json.dumps(WebhookPayload.objects.get().body)
    assert "halden.example" not in body and "555555" not in body
    assert "4477" in body


def test_bytes_that_are_no_notification_are_kept_as_failed(server: Any) -> None:
    for body in (b"null", b"\xff", b"{}", b'{"event": "payment.succeeded"}', b'{"event": 7, "object": []}'):
        assert deliver(body).status_code == 200
        assert WebhookEvent.objects.latest("pk").state == "failed"


@pytest.mark.skipif(not SHARED.exists(), reason="needs the recorded notifications")
def test_every_recorded_notification_is_taken_in_once_and_changes_nothing_twice(server: Any) -> None:
    files = sorted(SHARED.glob("*.sdk-fixture.json"))
    assert len(files) == 3
    for path in files:
        told = json.loads(path.read_bytes())
        kind = f"{told['event'].partition('.')[0]}s"
        if kind in ("payments", "refunds"):
            server.put(kind, told["object"])
    for _ in range(2):
        for path in files:
            assert deliver(path.read_bytes()).status_code == 200
        drain()
        assert sorted(WebhookEvent.objects.values_list("type", "state")) == [
            ("deal.closed", "ignored"),
            ("payment.succeeded", "processed"),
            ("refund.succeeded", "processed"),
        ]
        assert (Payment.objects.get().captured_minor, Refund.objects.get().amount_minor) == (1_000, 1_000)
    hold()
