"""PayPal over real HTTP: what we send, and what each of its answers and errors means for us."""

import json
from pathlib import Path
from typing import Any

import pytest

from billing.gateways.errors import Declined, Garbage, GatewayError, GatewayRefused, NotSetUp, Unreachable
from billing.gateways.paypal import PATHS, PayPal
from billing.gateways.registry import gateway_named
from billing.money import Money
from tests.gateways.paypal_server import found, link, paypal_serving
from tests.gateways.server import Answer

REFERENCE = "REF-20261118-7K2M9QPA"
CAPTURE = "3C679366HH908993F"
REFUND_PATH = f"{PATHS['captures']}{CAPTURE}/refund"


@pytest.fixture
def server(settings: Any, tmp_path: Path) -> Any:
    with paypal_serving(settings, tmp_path) as server:
        server.put("captures", {"id": CAPTURE, "status": "COMPLETED"})
        yield server


def refund(payment: str = CAPTURE, amount: Money = Money(1_299, "EUR"), key: str = REFERENCE) -> Any:  # noqa: B008
    return gateway_named("paypal").refund(payment, amount, key=key, reason="goodwill", metadata={})


def test_a_refund_goes_out_once_under_its_key(server: Any) -> None:
    first, second = refund(), refund()
    assert (first.gateway, first.payment_gateway_id, first.reference) == ("paypal", CAPTURE, REFERENCE)
    assert (first.amount_minor, first.currency, first.state) == (1_299, "EUR", "succeeded")
    assert second == first
    assert len(server.refunds) == 1
    asked = server.served.asked[1]
    assert asked.headers["PayPal-Request-Id"] == REFERENCE
    assert json.loads(asked.body) == {
        "amount": {"value": "12.99", "currency_code": "EUR"},
        "custom_id": REFERENCE,
    }
    assert server.tokens == 1


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money(123, "JPY"), "123"),
        (Money(5, "USD"), "0.05"),
        (Money(1_200, "HUF"), "12"),
        (Money(100_000_000_001, "EUR"), "1000000000.01"),
    ],
)
def test_amounts_are_written_as_paypal_counts_them(server: Any, amount: Money, text: str) -> None:
    assert refund(amount=amount).amount_minor == amount.minor
    assert json.loads(server.served.asked[-1].body)["amount"]["value"] == text


def test_a_fraction_that_paypal_does_not_have_is_not_sent(server: Any) -> None:
    with pytest.raises(GatewayRefused, match="fractions of HUF"):
        refund(amount=Money(1_250, "HUF"))
    assert server.served.asked == []


def test_a_sale_of_the_older_interface_is_refunded_as_one(server: Any) -> None:
    server.put("sales", {"id": "7D51924877811803R", "state": "completed"})
    fact = refund("7D51924877811803R")
    assert (fact.payment_gateway_id, fact.amount_minor, fact.state) == (
        "7D51924877811803R",
        1_299,
        "succeeded",
    )
    assert gateway_named("paypal").retrieve_refund(fact.gateway_id).payment_gateway_id == "7D51924877811803R"


def test_a_refund_is_found_by_our_reference_in_its_order(server: Any) -> None:
    gateway = PayPal()
    assert gateway.find_refund(CAPTURE, REFERENCE) is None
    made = refund()
    server.put(
        "captures",
        {"id": CAPTURE, "status": "PARTIALLY_REFUNDED", "links": [link("up", "/v2/checkout/orders/5O1")]},
    )
    other = {**server.refunds[REFERENCE], "id": "OTHER", "custom_id": "REF-20261118-AAAAAAAA"}
    listed = [other, server.refunds[REFERENCE]]
    server.put("orders", {"id": "5O1", "purchase_units": [{"payments": {"refunds": listed}}]})
    found_again = gateway.find_refund(CAPTURE, REFERENCE)
    assert found_again is not None and found_again.gateway_id == made.gateway_id
    assert gateway.find_refund(CAPTURE, "REF-20261118-NEVERSNT") is None


def test_where_paypal_lists_no_refunds_nobody_says_that_ours_never_arrived(server: Any) -> None:
    server.put("captures", {"id": CAPTURE, "status": "REFUNDED"})
    with pytest.raises(Unreachable, match="look there"):
        PayPal().find_refund(CAPTURE, REFERENCE)
    with pytest.raises(GatewayRefused) as refusal:
        PayPal().find_refund("0UNKNOWN00000000A", REFERENCE)
    assert refusal.value.code == "not_found"


def test_a_refund_is_looked_up_and_never_called_back(server: Any) -> None:
    made = refund()
    again = PayPal().retrieve_refund(made.gateway_id)
    assert again is not None and (again.gateway_id, again.payment_gateway_id) == (made.gateway_id, CAPTURE)
    assert PayPal().retrieve_refund("NEVERHEARD") is None
    assert PayPal().retrieve_refund("../../v1/oauth2/token") is None
    with pytest.raises(GatewayRefused):
        PayPal().cancel_refund(made.gateway_id, key="x")


def said(issue: str) -> dict[str, Any]:
    return {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": issue, "description": "No."}]}


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (found(said("REFUND_FAILED_INSUFFICIENT_FUNDS"), 422), Declined, "insufficient_funds"),
        (found(said("PAYER_ACCOUNT_LOCKED_OR_CLOSED"), 422), Declined, "payer_account_locked_or_closed"),
        (found(said("CAPTURE_FULLY_REFUNDED"), 422), GatewayRefused, "capture_fully_refunded"),
        (found(said("DUPLICATE_REQUEST_ID"), 422), GatewayRefused, "key_reused"),
        (found({"name": "NOT_AUTHORIZED"}, 403), NotSetUp, "paypal_key_not_allowed"),
        (found({"name": "RESOURCE_CONFLICT"}, 409), Unreachable, "key_in_use"),
        (Answer(429, b"", {"Retry-After": "7"}), Unreachable, "rate_limited"),
        (Answer(500, b"<html>"), Unreachable, "server_error"),
        (Answer(200, b"<html>"), Garbage, "answer_unreadable"),
        (Answer(201, b"[]"), Garbage, "answer_unreadable"),
        (found({"id": "X", "status": "COMPLETED", "amount": 12.99}, 201), Garbage, "refund_unreadable"),
        (Answer(302, b"", {"Location": "https://halden.example"}), Garbage, "answer_unreadable"),
    ],
)
def test_what_each_answer_means(server: Any, answer: Answer, kind: type[GatewayError], code: str) -> None:
    server.answers[REFUND_PATH] = answer
    with pytest.raises(GatewayError) as trouble:
        refund()
    assert (type(trouble.value), trouble.value.code) == (kind, code)
    if code == "rate_limited":
        assert trouble.value.retry_after == 7  # type: ignore[attr-defined]


def test_a_connection_that_breaks_off_is_no_answer(server: Any, settings: Any) -> None:
    PayPal().object("captures", CAPTURE)
    server.answers[REFUND_PATH] = None
    with pytest.raises(Unreachable):
        refund()
    settings.PAYPAL_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(Unreachable):
        refund()


def test_a_token_that_ended_is_asked_for_anew_and_a_wrong_key_is_no_decline(
    server: Any, settings: Any
) -> None:
    refund()
    from billing.gateways import paypal

    (account,) = paypal._tokens
    paypal._tokens[account] = (paypal._tokens[account][0], "revoked")
    assert refund(key="REF-20261118-SECOND00").state == "succeeded"
    paypal._tokens.clear()
    server.answers["/v1/oauth2/token"] = found({"error": "invalid_client"}, 401)
    with pytest.raises(NotSetUp, match="PAYPAL_SECRET"):
        refund()
    settings.PAYPAL_SECRET = ""
    with pytest.raises(NotSetUp, match="not set"):
        gateway_named("paypal")
