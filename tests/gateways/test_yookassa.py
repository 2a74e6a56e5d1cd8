"""YooKassa over real HTTP: what we send, and what each of its answers and errors means for us."""

import json
from typing import Any

import pytest

from billing.gateways.errors import Garbage, GatewayError, GatewayRefused, NotSetUp, Unreachable
from billing.gateways.registry import gateway_named
from billing.gateways.yookassa_objects import payments, refunds
from billing.money import Money
from tests.gateways.server import Answer
from tests.gateways.yookassa_server import PAYMENT_ID, found, payment, refund, yookassa_serving

REFERENCE = "REF-20261118-7K2M9QPA"


@pytest.fixture
def server(settings: Any) -> Any:
    with yookassa_serving(settings) as server:
        server.put("payments", payment())
        yield server


def give_back(minor: int = 1_000, key: str = REFERENCE) -> Any:
    return gateway_named("yookassa").refund(
        PAYMENT_ID, Money(minor, "RUB"), key=key, reason="goodwill", metadata={"payment": "PAY-1"}
    )


def test_a_refund_goes_out_once_under_its_key_in_kopecks_written_out(server: Any) -> None:
    first = give_back(999)
    assert give_back(999) == first
    assert (first.gateway, first.amount_minor, first.currency, first.state) == (
        "yookassa",
        999,
        "RUB",
        "succeeded",
    )
    assert (first.reference, first.payment_gateway_id) == (REFERENCE, PAYMENT_ID)
    assert len(server.refunds) == 1
    asked = server.served.asked[0]
    assert asked.headers["Idempotence-Key"] == REFERENCE
    assert json.loads(asked.body)["amount"] == {"value": "9.99", "currency": "RUB"}
    assert json.loads(asked.body)["metadata"] == {"payment": "PAY-1", "reference": REFERENCE}


def test_a_refund_is_found_by_our_reference_on_any_page(server: Any) -> None:
    gateway = gateway_named("yookassa")
    assert gateway.find_refund(PAYMENT_ID, REFERENCE) is None
    give_back(100, "REF-20261118-FIRST000")
    made = give_back(200)
    again = gateway.find_refund(PAYMENT_ID, REFERENCE)
    assert again is not None and again.gateway_id == made.gateway_id
    looked_up = gateway.retrieve_refund(made.gateway_id)
    assert looked_up is not None and looked_up.reference == REFERENCE
    assert gateway.retrieve_refund("never-heard-of") is None
    with pytest.raises(GatewayRefused):
        gateway.cancel_refund(made.gateway_id, key="x")


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (found({"code": "invalid_request"}, 400), GatewayRefused, "invalid_request"),
        (found({"code": "invalid_request", "parameter": "Idempotence-Key"}, 400), GatewayRefused,
         "key_reused"),
        (found({"code": "invalid_credentials"}, 401), NotSetUp, "yookassa_key_refused"),
        (found({"code": "forbidden"}, 403), NotSetUp, "yookassa_key_not_allowed"),
        (found({"code": "not_found"}, 404), GatewayRefused, "not_found"),
        (found({"type": "processing", "retry_after": 1800}, 202), Unreachable, "key_in_use"),
        (found({"code": "too_many_requests"}, 429), Unreachable, "rate_limited"),
        (found({"code": "internal_server_error"}, 500), Unreachable, "server_error"),
        (Answer(200, b"<html>"), Garbage, "answer_unreadable"),
        (found({"id": "x", "status": "succeeded"}), Garbage, "refund_unreadable"),
        (None, Unreachable, "unreachable"),
    ],
)  # fmt: skip
def test_what_each_answer_means(
    server: Any, answer: Answer | None, kind: type[GatewayError], code: str
) -> None:
    server.answers["/refunds"] = answer
    with pytest.raises(GatewayError) as trouble:
        give_back()
    assert (type(trouble.value), trouble.value.code) == (kind, code)


def test_without_a_key_nothing_is_called(server: Any, settings: Any) -> None:
    settings.YOOKASSA_SECRET_KEY = ""
    with pytest.raises(NotSetUp, match="YOOKASSA_SECRET_KEY"):
        gateway_named("yookassa")
    assert server.served.asked == []


def test_a_payment_in_our_words() -> None:
    from datetime import UTC, datetime

    as_of = datetime(2026, 11, 18, 12, tzinfo=UTC)
    fact = payments.payment(payment(), as_of)
    (tried,) = fact.attempts
    assert (fact.state, fact.amount_minor, fact.captured_minor) == ("succeeded", 1_000, 1_000)
    assert (tried.card_brand, tried.card_last4, tried.fee_minor) == ("mastercard", "4477", 35)
    waiting = payments.payment(payment(status="waiting_for_capture"), as_of)
    assert (waiting.state, waiting.captured_minor) == ("authorized", 0)
    for reason, state in {
        "insufficient_funds": "failed",
        "expired_on_confirmation": "canceled",
        "canceled_by_merchant": "canceled",
        "3d_secure_failed": "failed",
    }.items():
        told = payment(status="canceled", cancellation_details={"party": "x", "reason": reason})
        assert (payments.payment(told, as_of).state, payments.payment(told, as_of).failure_code) == (
            state,
            reason,
        )
    with pytest.raises(ValueError):
        payments.payment(payment(amount={"value": 10.0, "currency": "RUB"}), as_of)
    with pytest.raises(ValueError):
        payments.payment(payment(value="10.001"), as_of)


def test_a_refund_that_was_canceled_has_failed() -> None:
    fact = refunds.refund(
        refund("r-1", value="1.00", status="canceled", cancellation_details={"reason": "insufficient_funds"})
    )
    assert (fact.state, fact.failure_code) == ("failed", "insufficient_funds")
    assert fact.message == "Our balance at YooKassa was too low for the refund."
