"""Charges against `localstripe`, a server that speaks Stripe's API and that we did not write; and what only
Stripe itself says, from recorded shapes.

localstripe forgets idempotency keys and declines without telling of the intent: the key goes along as
metadata, by which the charge is found again. It knows no checkout pages.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.gateways.errors import GatewayRefused
from billing.gateways.registry import charger_named
from billing.gateways.stripe import Stripe
from billing.models import Payment, PaymentMethod
from billing.money import Money
from billing.payments.charging import collect_invoice
from billing.payments.unknown import look_up_payment
from tests import make
from tests.billing.payments.tills import JUDE, NOW, an_invoice, assert_sound, later
from tests.gateways.localstripe import LocalStripe, localstripe, localstripe_process
from tests.gateways.server import Answer, answering

__all__ = ["localstripe", "localstripe_process"]

pytestmark = pytest.mark.django_db(transaction=True)
GOOD, REFUSES = "4242424242424242", "4000000000000341"


def a_card(server: LocalStripe, number: str = GOOD) -> PaymentMethod:
    """A customer at Stripe with a card, known to the desk."""
    api = server.client.v1
    there = api.customers.create({"email": "jude.okafor@halden.example"})
    card = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    method = api.payment_methods.create({"type": "card", "card": card})
    api.payment_methods.attach(method.id, {"customer": there.id})
    customer = make.customer(gateway="stripe", gateway_id=there.id)
    return make.method(customer, gateway="stripe", gateway_id=method.id, last4=number[-4:], is_default=True)


def charge(method: PaymentMethod) -> tuple[Any, Payment]:
    invoice = an_invoice(method.customer)
    return invoice, collect_invoice(invoice_id=invoice.pk, actor=JUDE, now=NOW)


def test_an_invoice_is_charged_and_paid(localstripe: LocalStripe):
    invoice, payment = charge(a_card(localstripe))
    invoice.refresh_from_db()
    assert (payment.state, payment.captured_minor, invoice.state) == ("succeeded", 9_900, "paid")
    assert payment.gateway_id.startswith("pi_")
    assert [each.gateway_id[:3] for each in payment.attempts.all()] == ["ch_"]
    found = charger_named("stripe").find_charge(payment.idempotency_key or "")
    assert found is not None and found.gateway_id == payment.gateway_id
    assert charger_named("stripe").find_charge("PAY-20261118-00000000") is None
    assert_sound()


def test_a_decline_is_told_with_its_code(localstripe: LocalStripe):
    invoice, payment = charge(a_card(localstripe, REFUSES))
    invoice.refresh_from_db()
    assert (payment.state, payment.failure_code) == ("failed", "card_declined")
    assert (invoice.state, invoice.collect_at) == ("open", later(days=1))
    assert_sound()


def test_an_answer_that_was_lost_is_found_by_our_key(localstripe: LocalStripe, monkeypatch: Any):
    from billing.gateways.errors import Unreachable

    real = Stripe._call

    def cut_off(self: Stripe, method: str, path: str, *args: Any, **kwargs: Any) -> Any:
        answer = real(self, method, path, *args, **kwargs)
        if method == "post":
            raise Unreachable("unreachable", "Stripe did not answer in time; nobody knows what it did.")
        return answer

    with monkeypatch.context() as cut:
        cut.setattr(Stripe, "_call", cut_off)
        invoice, payment = charge(a_card(localstripe))
    assert payment.state == "unknown"

    done = look_up_payment(payment_id=payment.pk, actor=JUDE, now=later(1))
    invoice.refresh_from_db()
    assert (done.state, invoice.state) == ("succeeded", "paid")
    assert len(list(Stripe().pages("payment_intents", {}, ""))) == 1, "nothing was charged again"
    assert_sound()


def test_a_customer_that_stripe_does_not_know_is_a_refusal(localstripe: LocalStripe):
    with pytest.raises(GatewayRefused):
        Stripe().charge(
            "cus_nobody", "pm_nobody", Money(100, "EUR"), key="PAY-1", description="", metadata={}
        )


INTENT = {
    "id": "pi_3SVm2b", "object": "payment_intent", "status": "requires_payment_method", "amount": 9900,
    "currency": "eur", "customer": "cus_1", "created": 1_763_458_200, "metadata": {"reference": "PAY-1"},
    "last_payment_error": {"code": "card_declined", "decline_code": "lost_card", "message": "Declined."},
}  # fmt: skip


def stripe_at(url: str, settings: Any) -> Stripe:
    """As at Stripe itself: keys are remembered and intents come with a refusal."""
    settings.STRIPE_API_BASE, settings.STRIPE_API_KEY = url, "sk_test_HaldenLocal42"
    gateway = Stripe()
    gateway.is_proper = True
    return gateway


def test_a_decline_of_stripes_own_brings_the_intent_and_our_key_goes_along(settings: Any):
    error = {"type": "card_error", "code": "card_declined", "decline_code": "lost_card",
             "message": "Your card was declined.", "payment_intent": INTENT}  # fmt: skip
    no = Answer(402, json.dumps({"error": error}).encode())
    with answering(lambda asked: no) as server:
        fact = stripe_at(server.url, settings).charge(
            "cus_1", "pm_1", Money(9_900, "EUR"), key="PAY-1", description="Invoice 7", metadata={}
        )
    assert (fact.state, fact.failure_code, fact.reference) == ("failed", "lost_card", "PAY-1")
    asked = server.asked[0]
    assert asked.headers["Idempotency-Key"] == "PAY-1"
    assert asked.form["metadata[reference]"] == "PAY-1"
    assert (asked.form["amount"], asked.form["off_session"], asked.form["confirm"]) == (
        "9900",
        "true",
        "true",
    )
    assert len(server.asked) == 1, "nobody asks for what was told"


def test_a_page_takes_one_amount_and_names_nobody(settings: Any):
    session = {"id": "cs_1", "object": "checkout.session", "status": "open", "expires_at": 1_763_461_800,
               "url": "https://checkout.stripe.com/c/cs_1", "payment_intent": None}  # fmt: skip
    with answering(lambda asked: Answer(200, json.dumps(session).encode())) as server:
        page = stripe_at(server.url, settings).open_page(
            Money(9_900, "EUR"), key="PAY-1", customer_gateway_id="", description="Invoice 7",
            return_url="https://desk.halden.example/pay/x/", expires_at=NOW,
        )  # fmt: skip
    assert (page.gateway_id, page.url) == ("cs_1", "https://checkout.stripe.com/c/cs_1")
    form = server.asked[0].form
    assert form["line_items[0][price_data][unit_amount]"] == "9900"
    assert form["payment_intent_data[metadata][reference]"] == "PAY-1"
    assert "customer" not in form and server.asked[0].headers["Idempotency-Key"] == "page:PAY-1"
    least = datetime.now(UTC) + timedelta(minutes=30)
    assert int(form["expires_at"]) > least.timestamp(), "Stripe takes no page that closes sooner"
