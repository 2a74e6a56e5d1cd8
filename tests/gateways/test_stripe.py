"""Stripe over real HTTP: what we send, and what each of its answers and errors means for us."""

import json
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
import stripe
from django.db import transaction

from billing.gateways import stripe as gateway_module
from billing.gateways.errors import Declined, Garbage, GatewayError, GatewayRefused, NotSetUp, Unreachable
from billing.gateways.registry import gateway_named
from billing.gateways.stripe import API_VERSION, BadSignature, Stripe, in_our_words, verify_webhook
from billing.money import Money
from tests.gateways.server import Answer, answering

KEY = "sk_test_HaldenNotARealKey42"
REFERENCE = "REF-20261118-7K2M9QPA"
NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
REFUND = {
    "id": "re_3Okafor",
    "object": "refund",
    "amount": 6000,
    "charge": "ch_3Okafor",
    "created": 1795080600,
    "currency": "eur",
    "metadata": {"reference": REFERENCE, "reason": "goodwill"},
    "payment_intent": "pi_3Okafor",
    "reason": None,
    "status": "pending",
}
CARD_ERROR = {"error": {"type": "card_error", "code": "card_declined", "message": "Your card was declined."}}


@pytest.fixture(autouse=True)
def _outside_transactions(settings):
    """These tests need no database; a gateway only asks whether a transaction is open."""
    settings.STRIPE_API_KEY = KEY


def ok(found: object) -> Answer:
    return Answer(200, json.dumps(found).encode())


def error(status: int, headers: dict[str, str] | None = None, **said: object) -> Answer:
    return Answer(status, json.dumps({"error": said}).encode(), headers or {})


def refund(gateway: Stripe, reason: str = "goodwill", payment: str = "pi_3Okafor"):
    return gateway.refund(
        payment, Money(6_000, "EUR"), key=REFERENCE, reason=reason, metadata={"payment": "PAY-1"}
    )


def raised_by(settings, answer) -> GatewayError:
    with answering(lambda asked: answer) as server, pytest.raises(GatewayError) as trouble:
        settings.STRIPE_API_BASE = server.url
        refund(Stripe())
    return trouble.value


def test_sends_the_reference_as_key_the_pinned_version_and_our_words(settings):
    with answering(lambda asked: ok(REFUND)) as server:
        settings.STRIPE_API_BASE = server.url
        fact = refund(Stripe())

    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/refunds")
    assert asked.headers["Idempotency-Key"] == REFERENCE
    assert asked.headers["Stripe-Version"] == API_VERSION
    assert asked.form == {
        "payment_intent": "pi_3Okafor",
        "amount": "6000",
        "metadata[payment]": "PAY-1",
        "metadata[reference]": REFERENCE,
        "metadata[reason]": "goodwill",
    }
    assert (fact.gateway_id, fact.state, fact.reference) == ("re_3Okafor", "pending", REFERENCE)
    assert (fact.amount_minor, fact.currency, fact.reason) == (6_000, "EUR", "goodwill")
    assert fact.as_of == fact.created_at == datetime.fromtimestamp(1795080600, UTC)


def test_a_charge_without_an_intent_is_named_as_such(settings):
    with answering(lambda asked: ok(REFUND)) as server:
        settings.STRIPE_API_BASE = server.url
        refund(Stripe(), payment="ch_3Okafor")
    assert server.asked[0].form["charge"] == "ch_3Okafor"


@pytest.mark.parametrize("reason", ["duplicate", "fraudulent", "requested_by_customer", "goodwill", "other"])
def test_only_stripe_itself_is_sent_a_reason_and_only_its_own_three(settings, reason):
    settings.STRIPE_API_BASE = "https://api.stripe.com"
    proper = Stripe()
    assert proper.is_proper
    assert proper.remembers_keys
    with patch.object(proper, "_call", return_value=REFUND) as call:
        refund(proper, reason)
    sent = call.call_args.args[2]
    own = ("duplicate", "fraudulent", "requested_by_customer")
    assert sent.get("reason") == (reason if reason in own else None)
    assert sent["metadata"]["reason"] == reason


@pytest.mark.parametrize(
    "base", ["http://localhost:8420", "https://notstripe.com", "https://stripe.com.example"]
)
def test_another_server_is_not_taken_for_stripe(settings, base):
    settings.STRIPE_API_BASE = base
    assert not Stripe().is_proper
    assert not Stripe().remembers_keys


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (Answer(402, json.dumps(CARD_ERROR).encode()), Declined, "card_declined"),
        (error(400, type="invalid_request_error", code="charge_already_refunded", message="Already."),
         GatewayRefused, "charge_already_refunded"),
        (error(404, type="invalid_request_error", code="resource_missing", message="No such."),
         GatewayRefused, "resource_missing"),
        (error(400, type="idempotency_error", message="Same key."), GatewayRefused, "key_reused"),
        (error(401, type="invalid_request_error", message="Invalid API Key"), NotSetUp, "stripe_key_refused"),
        (error(403, type="invalid_request_error", message="Not yours"), NotSetUp, "stripe_key_not_allowed"),
        (error(409, type="idempotency_error", code="idempotency_key_in_use"), Unreachable, "key_in_use"),
        (error(429, type="invalid_request_error", code="rate_limit"), Unreachable, "rate_limited"),
        (error(500, type="api_error", message="Sorry."), Unreachable, "server_error"),
        (Answer(503, b"<html>busy</html>"), Unreachable, "server_error"),
        (Answer(200, b"<html>welcome to the hotel wifi</html>"), Garbage, "answer_unreadable"),
        (Answer(200, b"[]"), Garbage, "answer_unreadable"),
        (Answer(200, b'{"object": "refund"}'), Garbage, "refund_unreadable"),
        (ok(REFUND | {"status": "somewhere"}), Garbage, "refund_unreadable"),
        (ok(REFUND | {"amount": "12.50"}), Garbage, "refund_unreadable"),
        (None, Unreachable, "unreachable"),
    ],
)  # fmt: skip
def test_each_answer_in_our_words(settings, answer, kind, code):
    trouble = raised_by(settings, answer)
    assert type(trouble) is kind
    assert trouble.code == code
    assert trouble.message.endswith(".") or kind is GatewayRefused


def test_a_rate_limit_says_when_to_come_back(settings):
    trouble = raised_by(settings, error(429, {"Retry-After": "7"}, type="invalid_request_error"))
    assert trouble.retry_after == 7


@pytest.mark.parametrize(("code", "hard"), [("lost_card", True), ("insufficient_funds", False)])
def test_a_hard_decline_is_told_from_a_soft_one(settings, code, hard):
    said = {"type": "card_error", "code": "card_declined", "decline_code": code, "message": "No."}
    trouble = raised_by(settings, error(402, **said))
    assert (trouble.code, trouble.hard) == (code, hard)


def test_a_server_that_does_not_answer_in_time(settings, monkeypatch):
    import time

    monkeypatch.setattr(gateway_module, "READ_SECONDS", 0.3)
    with answering(lambda asked: time.sleep(1.0)) as server, pytest.raises(Unreachable):
        settings.STRIPE_API_BASE = server.url
        refund(Stripe())
    assert len(server.asked) == 1, "the library does not repeat calls by itself"


def test_a_server_that_is_not_there(settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(Unreachable):
        refund(Stripe())


def test_every_error_of_the_library_becomes_one_of_ours():
    pending, classes = [stripe.StripeError], []
    while pending:
        classes.append(found := pending.pop())
        pending += found.__subclasses__()
    assert len(classes) > 10
    for found in classes:
        made = found.__new__(found)
        stripe.StripeError.__init__(made, f"with {KEY} in it", http_status=400)
        ours = in_our_words(made)
        assert isinstance(ours, (Declined, GatewayRefused, Unreachable, NotSetUp)), found


@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 404, 409, 429, 500])
def test_no_message_holds_a_secret(settings, status):
    words = f"Invalid key {KEY} for jude.okafor@halden.example with card 4242 4242 4242 4242"
    for answer in (error(status, type="x", code=KEY[:20], message=words), Answer(status, words.encode())):
        trouble = raised_by(settings, answer)
        for text in (str(trouble), repr(trouble), str(trouble.args), str(trouble.__cause__)):
            assert "NotARealKey" not in text
            assert "4242 4242" not in text
            assert "jude.okafor@" not in text


def test_never_inside_a_transaction(db, settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
        refund(Stripe())


def test_without_a_key_it_is_not_set_up(settings):
    settings.STRIPE_API_KEY = ""
    with pytest.raises(NotSetUp, match="STRIPE_API_KEY is not set"):
        gateway_named("stripe")


def test_a_gateway_that_nobody_knows():
    with pytest.raises(NotSetUp, match='No gateway is called "adyen"'):
        gateway_named("adyen")


def test_one_setting_swaps_a_gateway(settings):
    settings.GATEWAYS = {"stripe": "billing.gateways.sandbox.Sandbox"}
    assert gateway_named("stripe").name == "sandbox"


def test_walks_all_pages_and_completes_inner_lists(settings):
    def page(asked):
        if asked.path.startswith("/v1/invoices?") and "starting_after" not in asked.path:
            lines = {"data": [{"id": "il_1"}], "has_more": True, "url": "/v1/invoices/in_1/lines"}
            return ok({"data": [{"id": "in_1", "lines": lines}], "has_more": True})
        if asked.path.startswith("/v1/invoices/in_1/lines"):
            assert "starting_after=il_1" in asked.path
            return ok({"data": [{"id": "il_2"}], "has_more": False})
        assert "starting_after=in_1" in asked.path
        return ok({"data": [{"id": "in_2"}], "has_more": False})

    with answering(page) as server:
        settings.STRIPE_API_BASE = server.url
        found = list(gateway_module.stripe_pages("invoices", {"limit": 1}))

    assert [each["id"] for each in found] == ["in_1", "in_2"]
    assert [line["id"] for line in found[0]["lines"]["data"]] == ["il_1", "il_2"]


def test_finds_a_refund_by_our_reference_on_any_page(settings):
    def page(asked):
        if "starting_after" in asked.path:
            return ok({"data": [REFUND | {"status": "succeeded"}], "has_more": False})
        return ok({"data": [REFUND | {"id": "re_other", "metadata": {}}], "has_more": True})

    with answering(page) as server:
        settings.STRIPE_API_BASE = server.url
        found = Stripe().find_refund("pi_3Okafor", REFERENCE)
        assert found is not None
        assert (found.gateway_id, found.state) == ("re_3Okafor", "succeeded")
        assert found.as_of > found.created_at or found.as_of.microsecond == 0
        assert Stripe().find_refund("pi_3Okafor", "REF-20261118-00000000") is None


class TestWebhookSignature:
    secret = "whsec_HaldenOnlyForTests"
    body = b'{"id": "evt_1", "object": "event"}'

    def header(self, at: datetime = NOW, body: bytes | None = None, secret: str | None = None) -> str:
        return stripe.WebhookSignature.generate_signature_header(
            (body or self.body).decode(), secret or self.secret, int(at.timestamp())
        )

    def verify(self, header: str, body: bytes | None = None, secrets: list[str] | None = None) -> None:
        verify_webhook(
            self.body if body is None else body,
            header,
            [self.secret] if secrets is None else secrets,
            tolerance=timedelta(minutes=5),
            now=NOW,
        )

    def test_signed_now(self):
        self.verify(self.header())

    def test_signed_under_the_former_secret_while_they_change_over(self):
        self.verify(self.header(), secrets=["whsec_new", self.secret])

    @pytest.mark.parametrize("minutes", [-6, 6])
    def test_too_old_or_from_the_future(self, minutes):
        with pytest.raises(BadSignature, match="too old"):
            self.verify(self.header(NOW + timedelta(minutes=minutes)))

    @pytest.mark.parametrize(
        "header", ["", "t=,v1=", "nonsense", "t=1,v0=abc", "v1=abc", "t=abc,v1=abc", "t=1795080600,v1=00"]
    )
    def test_not_signed(self, header):
        with pytest.raises(BadSignature):
            self.verify(header)

    def test_one_byte_changed(self):
        with pytest.raises(BadSignature):
            self.verify(self.header(), body=self.body + b" ")

    def test_bytes_that_are_no_text(self):
        with pytest.raises(BadSignature):
            self.verify(self.header(), body=b"\xff\xfe")

    def test_without_a_secret_nothing_is_believed(self):
        with pytest.raises(BadSignature, match="STRIPE_WEBHOOK_SECRETS"):
            self.verify(self.header(), secrets=[])
