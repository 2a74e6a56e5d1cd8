"""A card that is left at Stripe: its session says that it is complete, a look-up says which card it is."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.errors import Conflict
from billing.gateways.errors import Garbage
from billing.gateways.facts import MethodFact, SetupFact
from billing.history.actors import gateway
from billing.imports.taking import Manner, take
from billing.models import CardLink, CheckoutSession, Customer, PaymentMethod
from billing.payments.card_leaving import LOOK_UP, look_up_card, record_setup, taker_for
from tests import make
from tests.gateways.server import Answer, answering
from tests.gateways.test_charging import stripe_at

NOW = make.NOW
STRIPE = gateway("stripe")
SESSION = {
    "id": "cs_7", "object": "checkout.session", "mode": "setup", "status": "complete", "customer": "cus_7",
    "created": 1_763_461_800, "expires_at": 1_763_465_400, "url": None,
    "payment_status": "no_payment_required",
    "setup_intent": {"id": "seti_7", "payment_method": {
        "id": "pm_7", "object": "payment_method", "type": "card", "customer": "cus_7",
        "created": 1_763_461_900,
        "card": {"brand": "visa", "last4": "4242", "exp_month": 4, "exp_year": 2031},
    }},
}  # fmt: skip


def fact(reference: str, **more: Any) -> SetupFact:
    card = MethodFact("stripe", "pm_7", "cus_7", "card", NOW, NOW, "visa", "4242", 4, 2031)
    told = {"state": "complete", "method": card, **more}
    return SetupFact("stripe", "cs_7", reference, as_of=NOW, **told)


@pytest.fixture
def link(db: None) -> CardLink:
    payer = make.customer(gateway="stripe", gateway_id="cus_7")
    return make.card_link(payer, gateway="stripe", pages=1, checkout_id="cs_7", checkout_until=NOW)


def test_the_complete_session_is_asked_about_by_a_job_and_then_the_card_is_kept(link: CardLink) -> None:
    told = SESSION | {"setup_intent": "seti_7", "metadata": {"reference": link.reference}}
    take("checkout_sessions", [told], as_of=NOW, manner=Manner(STRIPE, NOW))
    assert list(ProcrastinateJob.objects.filter(task_name=LOOK_UP).values_list("args", flat=True)) == [
        {"link_id": link.pk}
    ]
    assert CheckoutSession.objects.get().mode == "setup" and PaymentMethod.objects.count() == 0

    class Taker:
        def find_setup(self, checkout_id: str) -> SetupFact:
            assert checkout_id == "cs_7"
            return fact(link.reference)

    with patch("billing.payments.card_leaving.card_taker_named", lambda name: Taker()):
        assert look_up_card(link_id=link.pk, now=NOW) is True
        assert look_up_card(link_id=link.pk, now=NOW) is False
    card = PaymentMethod.objects.get()
    assert (card.customer, card.gateway_id, card.is_default) == (link.customer, "pm_7", True)
    take("checkout_sessions", [told], as_of=NOW + timedelta(minutes=1), manner=Manner(STRIPE, NOW))
    assert ProcrastinateJob.objects.filter(task_name=LOOK_UP).count() == 1, (
        "a link that was used is not asked"
    )


@pytest.mark.parametrize("more", [{"state": "open"}, {"state": "expired"}, {"method": None}])
def test_a_page_without_a_card_keeps_nothing(link: CardLink, more: dict[str, Any]) -> None:
    assert record_setup(fact(link.reference, **more), actor=STRIPE, now=NOW) is False
    assert PaymentMethod.objects.count() == 0


def test_a_card_of_another_gateway_or_of_no_link_is_not_taken(link: CardLink) -> None:
    CardLink.objects.update(gateway="sandbox")
    assert record_setup(fact(link.reference), actor=STRIPE, now=NOW) is False
    assert record_setup(fact("CRD-20261118-00000000"), actor=STRIPE, now=NOW) is False
    assert PaymentMethod.objects.count() == 0


@pytest.mark.django_db
def test_where_a_customer_leaves_a_card(settings: Any) -> None:
    settings.CHECKOUT_GATEWAY, settings.STRIPE_API_KEY = "sandbox", "sk_test_HaldenLocal42"
    assert taker_for(Customer(gateway="stripe")) == "stripe"
    assert taker_for(Customer(gateway="")) == "sandbox"
    settings.STRIPE_API_KEY = ""
    assert taker_for(Customer(gateway="stripe")) == "sandbox"
    settings.CHECKOUT_GATEWAY = "stripe"
    with pytest.raises(Conflict):
        taker_for(Customer(gateway="stripe"))


def test_the_database_knows_no_use_without_a_card(link: CardLink) -> None:
    with pytest.raises(IntegrityError, match="is_used_when_a_card_was_left"), transaction.atomic():
        CardLink.objects.update(used_at=NOW)


def test_stripe_is_asked_for_a_page_that_takes_no_money(settings: Any) -> None:
    opened = SESSION | {"status": "open", "url": "https://checkout.stripe.com/c/cs_7"}
    with answering(lambda asked: Answer(200, json.dumps(opened).encode())) as server:
        page = stripe_at(server.url, settings).open_setup(
            "CRD-1", key="CRD-1:1", customer_gateway_id="cus_7", return_url="https://desk.halden.example/x/",
            expires_at=datetime.now(UTC) + timedelta(hours=1),
        )  # fmt: skip
    assert (page.gateway_id, page.url) == ("cs_7", "https://checkout.stripe.com/c/cs_7")
    form, headers = server.asked[0].form, server.asked[0].headers
    assert (form["mode"], form["customer"], form["metadata[reference]"]) == ("setup", "cus_7", "CRD-1")
    assert form["setup_intent_data[metadata][reference]"] == "CRD-1"
    assert headers["Idempotency-Key"] == "setup:CRD-1:1" and not any("line_items" in name for name in form)


def test_stripe_says_which_card_was_left(settings: Any) -> None:
    told = SESSION | {"metadata": {"reference": "CRD-1"}}
    with answering(lambda asked: Answer(200, json.dumps(told).encode())) as server:
        found = stripe_at(server.url, settings).find_setup("cs_7")
    assert found is not None and found.method is not None
    assert (found.state, found.reference) == ("complete", "CRD-1")
    assert (found.method.gateway_id, found.method.brand, found.method.last4) == ("pm_7", "visa", "4242")
    gone = Answer(
        404, json.dumps({"error": {"code": "resource_missing", "message": "No such session"}}).encode()
    )
    with answering(lambda asked: gone) as server:
        assert stripe_at(server.url, settings).find_setup("cs_8") is None
    with (
        answering(lambda asked: Answer(200, json.dumps({"id": "cs_9"}).encode())) as server,
        pytest.raises(Garbage),
    ):
        stripe_at(server.url, settings).find_setup("cs_9")


def test_stripe_makes_a_customer_of_ours_known_once(settings: Any) -> None:
    made = json.dumps({"id": "cus_7", "object": "customer"}).encode()
    with answering(lambda asked: Answer(200, made)) as server:
        told = stripe_at(server.url, settings).know_customer("CUS-1", name="Kowalska", email="a@b.example")
    assert told == "cus_7"
    form, headers = server.asked[0].form, server.asked[0].headers
    assert (form["metadata[reference]"], form["name"]) == ("CUS-1", "Kowalska")
    assert headers["Idempotency-Key"] == "customer:CUS-1"
