"""PayPal from the door to the books: both of its shapes, in any order, and twice."""

import itertools
import json
import random
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from billing.checks.run import verify
from billing.models import (
    Customer,
    Dispute,
    Identity,
    Payment,
    PostingLine,
    Price,
    Refund,
    Subscription,
    WebhookEvent,
    WebhookPayload,
)
from billing.refunds.services import submit_refund
from billing.webhooks.services import drain
from tests.billing.refunds import desk
from tests.gateways.paypal_server import CERT_PATH, headers, link, paypal_serving

pytestmark = pytest.mark.django_db(transaction=True)
SHARED = Path(__file__).parents[4] / "shared" / "data" / "paypal"
START = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
CAPTURE, ORDER, PAYER = "42311647XV020574X", "5O190127TN364715T", "QYR5Z8XDVJNXQ"


@pytest.fixture
def server(settings: Any, tmp_path: Path) -> Any:
    with paypal_serving(settings, tmp_path) as server:
        yield server


@pytest.fixture
def mute(server: Any, settings: Any) -> Any:
    """PayPal signs, and the desk has no key to ask it anything."""
    settings.PAYPAL_CLIENT_ID = ""
    return server


def stamp(minutes: int) -> str:
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def event(kind: str, resource: dict[str, Any], *, minutes: int = 0, event_id: str = "") -> dict[str, Any]:
    own = resource.get("id") or resource.get("dispute_id")
    return {
        "id": event_id or f"WH-{sha256(f'{kind}{own}{resource}{minutes}'.encode()).hexdigest()[:20]}",
        "event_version": "1.0",
        "create_time": stamp(minutes),
        "resource_type": "any",
        "resource_version": "2.0",
        "event_type": kind,
        "summary": "For $ 10 from liv.moen@halden.example",
        "resource": resource,
    }


def deliver(server: Any, told: dict[str, Any] | bytes, **how: Any) -> Any:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    sent = headers(body, server.served.url + CERT_PATH, **how)
    return Client(enforce_csrf_checks=True).post(
        "/webhooks/paypal/", data=body, content_type="application/json", headers=sent
    )


def tell(server: Any, *events: dict[str, Any]) -> WebhookEvent:
    """Delivers each, has a worker do all that is due (and what waits for another), gives the last one."""
    for told in events:
        assert deliver(server, told).status_code == 200
    drain()
    for hours in (1, 2, 12):
        drain(now=timezone.now() + timedelta(hours=hours))
    return WebhookEvent.objects.get(event_id=events[-1]["id"])


def capture(minutes: int = 1, **over: Any) -> dict[str, Any]:
    return {
        "id": CAPTURE,
        "status": "COMPLETED",
        "amount": {"currency_code": "EUR", "value": "30.00"},
        "final_capture": True,
        "seller_receivable_breakdown": {
            "gross_amount": {"currency_code": "EUR", "value": "30.00"},
            "paypal_fee": {"currency_code": "EUR", "value": "1.37"},
            "net_amount": {"currency_code": "EUR", "value": "28.63"},
        },
        "supplementary_data": {"related_ids": {"order_id": ORDER}},
        "create_time": stamp(0),
        "update_time": stamp(minutes),
        "links": [
            link("self", f"/v2/payments/captures/{CAPTURE}"),
            link("up", f"/v2/checkout/orders/{ORDER}"),
        ],
        **over,
    }


def refund(
    gateway_id: str, value: str, total: str, *, minutes: int, of: str = CAPTURE, **over: Any
) -> dict[str, Any]:
    return {
        "id": gateway_id,
        "status": "COMPLETED",
        "amount": {"currency_code": "EUR", "value": value},
        "seller_payable_breakdown": {"total_refunded_amount": {"currency_code": "EUR", "value": total}},
        "create_time": stamp(minutes),
        "update_time": stamp(minutes),
        "links": [
            link("self", f"/v2/payments/refunds/{gateway_id}"),
            link("up", f"/v2/payments/captures/{of}"),
        ],
        **over,
    }


def order() -> dict[str, Any]:
    return {
        "id": ORDER,
        "status": "COMPLETED",
        "payer": {
            "payer_id": PAYER,
            "email_address": "liv.moen@halden.example",
            "name": {"given_name": "Liv", "surname": "Moen"},
            "address": {"country_code": "NO"},
        },
    }


def dispute(status: str, stage: str, *, minutes: int, **over: Any) -> dict[str, Any]:
    return {
        "dispute_id": "PP-D-12345",
        "create_time": stamp(5),
        "update_time": stamp(minutes),
        "disputed_transactions": [{"seller_transaction_id": CAPTURE, "buyer_transaction_id": "X1"}],
        "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        "status": status,
        "dispute_life_cycle_stage": stage,
        "dispute_amount": {"currency_code": "EUR", "value": "20.00"},
        "seller_response_due_date": stamp(10_000),
        **over,
    }


def subscription(status: str, *, minutes: int, **over: Any) -> dict[str, Any]:
    return {
        "id": "I-BW452GLLEP1G",
        "plan_id": "P-5ML4271244454362W",
        "quantity": "3",
        "status": status,
        "status_update_time": stamp(minutes),
        "create_time": stamp(0),
        "update_time": stamp(minutes),
        "start_time": stamp(0),
        "subscriber": {
            "payer_id": PAYER,
            "email_address": "liv.moen@halden.example",
            "name": {"given_name": "Liv", "surname": "Moen"},
        },
        "billing_info": {
            "outstanding_balance": {"currency_code": "EUR", "value": "0.00"},
            "last_payment": {"amount": {"currency_code": "EUR", "value": "36.00"}, "time": stamp(2)},
            "next_billing_time": stamp(43_200),
            "failed_payments_count": 0,
        },
        **over,
    }


def plan() -> dict[str, Any]:
    return {
        "id": "P-5ML4271244454362W",
        "product_id": "PROD-XXCD1234QWER65782",
        "name": "Studio, monthly",
        "status": "ACTIVE",
        "billing_cycles": [
            {
                "tenure_type": "REGULAR",
                "sequence": 1,
                "frequency": {"interval_unit": "MONTH", "interval_count": 1},
                "pricing_scheme": {"fixed_price": {"value": "12", "currency_code": "EUR"}},
            }
        ],
        "create_time": stamp(0),
        "update_time": stamp(0),
    }


def sale(minutes: int = 3, **over: Any) -> dict[str, Any]:
    return {
        "id": "7D51924877811803R",
        "state": "completed",
        "amount": {"total": "36.00", "currency": "EUR", "details": {}},
        "transaction_fee": {"value": "1.50", "currency": "EUR"},
        "billing_agreement_id": "I-BW452GLLEP1G",
        "create_time": "2026-11-18T01:03:00-08:00",
        "update_time": "2026-11-18T01:03:00-08:00",
        **over,
    }


def books() -> dict[str, Any]:
    """All that counts of what is recorded; never when or in which order it came."""
    return {
        "payments": sorted(
            Payment.objects.values_list(
                "gateway_id", "state", "amount_minor", "captured_minor", "currency", "customer__gateway_id"
            )
        ),
        "refunds": sorted(Refund.objects.values_list("gateway_id", "state", "amount_minor")),
        "disputes": sorted(Dispute.objects.values_list("gateway_id", "state", "amount_minor")),
        "subscriptions": sorted(
            Subscription.objects.values_list(
                "gateway_id", "state", "items__quantity", "items__price__unit_amount_minor"
            )
        ),
        "clearing": PostingLine.objects.filter(account="gateway_clearing").aggregate(Sum("amount_minor")),
    }


def hold() -> None:
    broken = [result for result in verify() if not result.holds]
    assert not broken, broken


def test_a_capture_its_two_refunds_and_its_fee_are_counted_once(server: Any) -> None:
    server.put("orders", order())
    told = [
        event("PAYMENT.CAPTURE.COMPLETED", capture()),
        event("PAYMENT.CAPTURE.REFUNDED", refund("1JU08902781691411", "0.99", "0.99", minutes=2)),
        event("PAYMENT.CAPTURE.REFUNDED", refund("2JU08902781691412", "0.99", "1.98", minutes=3)),
    ]
    assert tell(server, *told, *told).state == "processed"
    payment = Payment.objects.get()
    assert (payment.state, payment.captured_minor, payment.fee_minor) == ("succeeded", 3_000, 137)
    assert payment.customer.gateway_id == PAYER
    assert sorted(Refund.objects.values_list("amount_minor", "state")) == [(99, "succeeded")] * 2
    assert Identity.objects.get(customer=payment.customer).name == "Liv Moen"
    assert WebhookEvent.objects.count() == 3
    assert list(WebhookEvent.objects.values_list("duplicates", flat=True)) == [1, 1, 1]
    before = books()
    assert tell(server, *reversed(told)).duplicates == 2
    assert books() == before
    hold()


def test_nothing_personal_is_stored_with_a_message(server: Any) -> None:
    tell(server, event("BILLING.SUBSCRIPTION.ACTIVATED", subscription("ACTIVE", minutes=2)))
    body = json.dumps(WebhookPayload.objects.get().body)
    for word in ("halden.example", "Liv", "Moen"):
        assert word not in body
    assert PAYER in body


@pytest.mark.parametrize("chance", range(6))
def test_any_order_gives_the_same_books(server: Any, chance: int) -> None:
    """Everything, each twice, shuffled: payments, refunds, disputes and a subscription with its sale."""
    server.put("orders", order())
    server.put("plans", plan())
    server.put("captures", capture(4))
    server.put("sales", sale())
    server.put("subscriptions", subscription("SUSPENDED", minutes=6))
    resolved = {"dispute_outcome": {"outcome_code": "RESOLVED_SELLER_FAVOUR"}}
    told = [
        event("PAYMENT.CAPTURE.PENDING", capture(0, status="PENDING")),
        event("PAYMENT.CAPTURE.COMPLETED", capture(1)),
        event("PAYMENT.CAPTURE.REFUNDED", refund("1JU08902781691411", "4.00", "4.00", minutes=2)),
        event("PAYMENT.REFUND.PENDING", refund("3JU0", "1.00", "5.00", minutes=2, status="PENDING")),
        event("PAYMENT.CAPTURE.REFUNDED", refund("3JU0", "1.00", "5.00", minutes=8)),
        event("CUSTOMER.DISPUTE.CREATED", dispute("OPEN", "INQUIRY", minutes=5)),
        event("CUSTOMER.DISPUTE.UPDATED", dispute("UNDER_REVIEW", "CHARGEBACK", minutes=7)),
        event("CUSTOMER.DISPUTE.RESOLVED", dispute("RESOLVED", "CHARGEBACK", minutes=9, **resolved)),
        event("BILLING.SUBSCRIPTION.CREATED", subscription("APPROVAL_PENDING", minutes=0)),
        event("BILLING.SUBSCRIPTION.ACTIVATED", subscription("ACTIVE", minutes=2)),
        event("BILLING.SUBSCRIPTION.SUSPENDED", subscription("SUSPENDED", minutes=6)),
        event("PAYMENT.SALE.COMPLETED", sale()),
    ]
    told = [*told, *told]
    if chance:
        random.Random(chance).shuffle(told)
    tell(server, *told)
    assert books() == {
        "payments": [
            (CAPTURE, "succeeded", 3_000, 3_000, "EUR", PAYER),
            ("7D51924877811803R", "succeeded", 3_600, 3_600, "EUR", PAYER),
        ],
        "refunds": [("1JU08902781691411", "succeeded", 400), ("3JU0", "succeeded", 100)],
        "disputes": [("PP-D-12345", "won", 2_000)],
        "subscriptions": [("I-BW452GLLEP1G", "paused", 3, 1_200)],
        # What came, less what went back and what PayPal took.
        "clearing": {"amount_minor__sum": 3_000 + 3_600 - 500 - 137 - 150},
    }
    assert not WebhookEvent.objects.exclude(state__in=("processed", "ignored")).exists()
    hold()


@pytest.mark.parametrize("order_", list(itertools.permutations(range(3))))
def test_an_authorisation_and_its_capture_are_one_sum_in_any_order(mute: Any, order_: Any) -> None:
    granted = {
        "id": "0VF52814937998046",
        "status": "CREATED",
        "amount": {"value": "30.00", "currency_code": "EUR"},
        "create_time": stamp(0),
        "update_time": stamp(0),
    }
    up = [link("up", "/v2/payments/authorizations/0VF52814937998046")]
    told = [
        event("PAYMENT.AUTHORIZATION.CREATED", granted),
        event("PAYMENT.CAPTURE.COMPLETED", capture(1, links=up, supplementary_data={})),
        event("PAYMENT.CAPTURE.REFUNDED", refund("1JU0", "30.00", "30.00", minutes=2)),
    ]
    tell(mute, *(told[place] for place in order_))
    found = dict(Payment.objects.values_list("gateway_id", "state"))
    assert found == {"0VF52814937998046": "canceled", CAPTURE: "succeeded"}
    assert Refund.objects.get().amount_minor == 3_000
    hold()


def test_an_authorisation_that_is_voided_is_over(mute: Any) -> None:
    granted = {"id": "0VF5", "amount": {"total": "0.48", "currency": "USD"}, "create_time": stamp(0)}
    tell(mute, event("PAYMENT.AUTHORIZATION.CREATED", {**granted, "state": "authorized"}))
    assert Payment.objects.get().state == "authorized"
    gone = {**granted, "state": "voided", "update_time": stamp(2)}
    tell(mute, event("PAYMENT.AUTHORIZATION.VOIDED", gone, minutes=2))
    assert Payment.objects.get().state == "canceled"


def test_without_a_key_messages_are_taken_at_their_word_in_any_order(mute: Any) -> None:
    told = [
        event("BILLING.PLAN.CREATED", plan()),
        event("PAYMENT.SALE.COMPLETED", sale()),
        event("BILLING.SUBSCRIPTION.ACTIVATED", subscription("ACTIVE", minutes=2)),
        # The same second: the further state counts, whichever comes first.
        event("BILLING.SUBSCRIPTION.CREATED", subscription("APPROVAL_PENDING", minutes=2)),
    ]
    tell(mute, *told)
    assert Subscription.objects.get().state == "active"
    assert Subscription.objects.get().customer.gateway_id == PAYER
    assert Payment.objects.get().customer.gateway_id == PAYER
    assert Price.objects.get().unit_amount_minor == 1_200
    hold()


def test_amounts_without_decimals_and_below_zero_are_read_exactly(mute: Any) -> None:
    yen = {"amount": {"currency_code": "JPY", "value": "123"}, "seller_receivable_breakdown": {}}
    tell(mute, event("PAYMENT.CAPTURE.COMPLETED", capture(**yen)))
    assert (Payment.objects.get().amount_minor, Payment.objects.get().currency) == (123, "JPY")
    back = {
        "id": "6YX43824R4443062K",
        "state": "completed",
        "amount": {"total": "-23", "currency": "JPY"},
        "capture_id": CAPTURE,
        "create_time": "2026-11-18T10:10:10-07:00",
    }
    tell(mute, event("PAYMENT.CAPTURE.REFUNDED", back, minutes=4))
    assert Refund.objects.get().amount_minor == 23
    assert Refund.objects.get().created_at == datetime(2026, 11, 18, 17, 10, 10, tzinfo=UTC)
    hold()


def test_a_number_where_an_amount_should_stand_is_not_believed(mute: Any) -> None:
    told = event("PAYMENT.CAPTURE.COMPLETED", capture(amount={"value": 30.0, "currency_code": "EUR"}))
    assert deliver(mute, told).status_code == 200
    drain()
    assert WebhookEvent.objects.get().state == "failed"
    assert not Payment.objects.exists()


def test_a_reversal_is_found_by_asking_or_left_with_a_remark(server: Any) -> None:
    tell(server, event("PAYMENT.CAPTURE.COMPLETED", capture()))
    bare = {
        "id": "1RJ65796SJ857301V",
        "state": "completed",
        "amount": {"total": "-0.35", "currency": "EUR"},
        "create_time": stamp(3),
        "links": [link("self", "/v1/payments/refund/1RJ65796SJ857301V")],
    }
    ignored = tell(server, event("PAYMENT.CAPTURE.REVERSED", bare))
    assert (ignored.state, "names no payment" in ignored.error) == ("ignored", True)
    server.put("sale_refunds", {**bare, "capture_id": CAPTURE})
    tell(server, event("PAYMENT.CAPTURE.REVERSED", bare, event_id="WH-AGAIN"))
    assert Refund.objects.get().amount_minor == 35
    hold()


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("RESOLVED_BUYER_FAVOUR", "lost"), ("CANCELED_BY_BUYER", "won"), ("ACCEPTED", "lost")],
)
def test_a_dispute_is_decided_although_nothing_was_said_in_between(
    mute: Any, outcome: str, state: str
) -> None:
    tell(
        mute,
        event("PAYMENT.CAPTURE.COMPLETED", capture()),
        event("CUSTOMER.DISPUTE.CREATED", dispute("OPEN", "INQUIRY", minutes=5)),
    )
    assert Dispute.objects.get().state == "warning"
    over = {"dispute_outcome": {"outcome_code": outcome}}
    tell(mute, event("CUSTOMER.DISPUTE.RESOLVED", dispute("RESOLVED", "CHARGEBACK", minutes=9, **over)))
    found = Dispute.objects.get()
    assert (found.state, found.withdrawn_minor) == (state, 0)
    hold()


def test_the_two_older_shapes_of_a_dispute(mute: Any) -> None:
    tell(mute, event("PAYMENT.CAPTURE.COMPLETED", capture()))
    middle = dispute("OPEN", "", minutes=5)
    del middle["dispute_life_cycle_stage"], middle["update_time"]
    oldest = {
        "dispute_id": "PP-000-001-202-018",
        "dispute_creation_date": 1_763_456_400_000,
        "dispute_amount": {"currency": "EUR", "value": "10"},
        "seller_payment_id": CAPTURE,
        "dispute_status": 1000,
        "dispute_reason": 2,
        "buyer_email": "liv.moen@halden.example",
    }
    tell(mute, event("CUSTOMER.DISPUTE.CREATED", middle), event("RISK.DISPUTE.CREATED", oldest))
    assert sorted(Dispute.objects.values_list("gateway_id", "state", "amount_minor")) == [
        ("PP-000-001-202-018", "needs_response", 1_000),
        ("PP-D-12345", "needs_response", 2_000),
    ]


def test_failed_payments_make_a_subscription_past_due_until_they_are_paid(mute: Any) -> None:
    owing = subscription("ACTIVE", minutes=3)
    owing["billing_info"] = {
        **owing["billing_info"],
        "failed_payments_count": 1,
        "outstanding_balance": {"currency_code": "EUR", "value": "36.00"},
    }
    tell(mute, event("BILLING.SUBSCRIPTION.PAYMENT.FAILED", owing))
    assert Subscription.objects.get().state == "past_due"
    tell(mute, event("BILLING.SUBSCRIPTION.UPDATED", subscription("ACTIVE", minutes=4)))
    assert Subscription.objects.get().state == "active"
    tell(mute, event("BILLING.SUBSCRIPTION.CANCELLED", subscription("CANCELLED", minutes=5)))
    found = Subscription.objects.get()
    assert (found.state, found.ended_at) == ("canceled", START + timedelta(minutes=5))
    late = tell(mute, event("BILLING.SUBSCRIPTION.ACTIVATED", subscription("ACTIVE", minutes=1)))
    assert (late.state, Subscription.objects.get().state) == ("ignored", "canceled")


def test_what_the_desk_has_no_use_for_says_why(mute: Any) -> None:
    told = tell(mute, event("PAYMENT.PAYOUTS-ITEM.SUCCEEDED", {"payout_item_id": "8AELMXH8UB2P8"}))
    assert (told.state, told.object_id) == ("ignored", "8AELMXH8UB2P8")
    assert told.error.startswith("Payouts send our money")
    assert tell(mute, event("SOMETHING.NEW", {"id": "N1"})).state == "ignored"


def test_a_forged_message_leaves_no_row(server: Any) -> None:
    told = event("PAYMENT.CAPTURE.COMPLETED", capture())
    assert deliver(server, told, owner="Somebody").status_code == 400
    assert deliver(server, told, webhook_id="5SOMEBODYELSES00").status_code == 400
    assert not WebhookEvent.objects.exists()


def test_signed_bytes_that_are_no_event_are_kept_as_failed(server: Any) -> None:
    for body in (b"null", b"7", b"\xff", b"[" * 5_000, b'{"id": "WH-1", "event_type": "X"}', b"{}"):
        assert deliver(server, body).status_code == 200
        assert WebhookEvent.objects.latest("pk").state == "failed"


def test_a_refund_runs_from_the_desk_and_comes_back_as_itself(server: Any) -> None:
    server.put("captures", capture())
    tell(server, event("PAYMENT.CAPTURE.COMPLETED", capture()))
    refund = desk.issue(Payment.objects.get(), 500, now=timezone.now())
    submit_refund(refund_id=refund.pk, now=timezone.now())
    assert list(server.refunds) == [refund.reference]
    refund.refresh_from_db()
    assert (refund.state, refund.origin) == ("succeeded", "desk")
    told = {
        **server.refunds[refund.reference],
        "links": [link("up", f"/v2/payments/captures/{CAPTURE}")],
    }
    assert tell(server, event("PAYMENT.CAPTURE.REFUNDED", told, minutes=30)).state == "processed"
    assert Refund.objects.count() == 1
    hold()


@pytest.mark.skipif(not SHARED.exists(), reason="needs the recorded events")
def test_every_recorded_event_is_taken_in_once_shown_and_changes_nothing_twice(mute: Any) -> None:
    files = sorted(path for path in SHARED.glob("*.json") if path.name != "facts.json")
    assert len(files) >= 17
    known = set()
    for path in files:
        assert deliver(mute, path.read_bytes()).status_code == 200
        known.add(json.loads(path.read_bytes())["id"])
    assert set(WebhookEvent.objects.values_list("event_id", flat=True)) == known
    drain()
    before = books(), Customer.objects.count()
    states = dict(WebhookEvent.objects.values_list("event_id", "state"))
    assert "received" not in states.values()
    for told in WebhookEvent.objects.filter(state="failed"):
        assert "not known yet" in told.error
    for path in files:
        assert deliver(mute, path.read_bytes()).status_code == 200
    drain()
    assert (books(), Customer.objects.count()) == before
    assert dict(WebhookEvent.objects.values_list("event_id", "state")) == states
    hold()
