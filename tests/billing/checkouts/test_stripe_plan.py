"""A plan is paid on Stripe's page: its customer is made known there first, and the card is kept for them."""

from itertools import permutations
from typing import Any
from unittest.mock import patch

import pytest

from billing.errors import Conflict
from billing.gateways.errors import Unreachable
from billing.imports.taking import take
from billing.models import CheckoutSession, Customer, Identity, Invoice, PaymentMethod, Subscription
from billing.payments.promising import best_methods
from tests import make
from tests.billing.checkouts import plans
from tests.billing.checkouts.test_stripe_purchase import (
    CREATED,
    NOW,
    STRIPE,
    Page,
    intent_of,
    session_of,
)

pytestmark = pytest.mark.django_db


class PageForCustomers(Page):
    """Stripe's half, with customers of its own: once for each reference."""

    knows_customers = True
    mute = False

    def __init__(self) -> None:
        self.known: list[str] = []
        self.asked: list[dict[str, Any]] = []

    def know_customer(self, reference: str, *, name: str, email: str) -> str:
        self.known.append(reference)
        if self.mute:
            raise Unreachable("timeout", "No answer")
        return "cus_9"

    def open_page(self, amount: Any, *, key: str, expires_at: Any, **rest: Any) -> Any:
        self.asked.append(rest)
        return super().open_page(amount, key=key, expires_at=expires_at, **rest)


@pytest.fixture
def page(settings: Any) -> Any:
    settings.CHECKOUT_GATEWAY = "stripe"
    made = PageForCustomers()
    with (
        patch("billing.checkouts.paging.charger_named", lambda name: made),
        patch("billing.payments.payers.charger_named", lambda name: made),
    ):
        yield made


@pytest.fixture
def buyer() -> Customer:
    plans.team()
    return make.customer("Kowalska Studio", country="DE", currency="EUR", external_id="user-9")


def paid_for(reference: str, **more: Any) -> dict[str, Any]:
    card = {
        "brand": "visa",
        "last4": "4242",
        "exp_month": 4,
        "exp_year": 2031,
        "fingerprint": "Xt5EWLLDS7FJjR1c",
    }
    charge = {
        "id": "ch_1", "object": "charge", "created": CREATED + 60, "amount": 11_899,
        "amount_captured": 11_899, "currency": "eur", "customer": "cus_9", "status": "succeeded",
        "paid": True, "captured": True,
        "payment_method": "pm_9", "payment_method_details": {"type": "card", "card": card},
    }  # fmt: skip
    told = {"amount": 11_899, "amount_received": 11_899, "customer": "cus_9", "payment_method": "pm_9",
            "setup_future_usage": "off_session", "latest_charge": charge}  # fmt: skip
    return intent_of(reference, **told, **more)


def begun_with_its_card(buyer: Customer) -> None:
    assert Customer.objects.count() == 1, "no stranger was made of what Stripe calls them"
    buyer.refresh_from_db()
    assert (buyer.gateway, buyer.gateway_id) == ("stripe", "cus_9")
    assert Subscription.objects.get().customer == buyer
    assert Invoice.objects.get().state == "paid"
    card = PaymentMethod.objects.get()
    assert (card.customer, card.kind, card.gateway_id, card.is_default) == (buyer, "card", "pm_9", True)
    assert (card.brand, card.last4, card.exp_month, card.exp_year) == ("visa", "4242", 4, 2031)
    assert len(card.fingerprint_hash) == 64
    assert best_methods({buyer.pk})[buyer.pk] == card


def test_the_customer_is_made_known_once_and_the_page_keeps_their_card(page: Any, buyer: Customer) -> None:
    plans.start(buyer)
    plans.start(buyer, "plan-2")
    assert page.known == [buyer.reference]
    assert [(each["customer_gateway_id"], each["keep_method"]) for each in page.asked] == [
        ("cus_9", True)
    ] * 2


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_in_any_order_the_plan_begins_and_the_card_is_theirs(
    page: Any, buyer: Customer, order: tuple[int, ...]
) -> None:
    session = plans.start(buyer)
    whole = paid_for(session.reference)
    customer = {
        "id": "cus_9", "object": "customer", "created": CREATED, "email": buyer.identity.email,
        "name": None, "metadata": {"reference": buyer.reference},
    }  # fmt: skip
    attached = {
        "id": "pm_9", "object": "payment_method", "created": CREATED + 50, "customer": "cus_9",
        "type": "card", "card": whole["latest_charge"]["payment_method_details"]["card"],
    }  # fmt: skip
    told = [
        ("payment_intents", whole),
        ("charges", {**whole["latest_charge"], "payment_intent": "pi_1"}),
        ("payment_methods", attached),
        ("customers", customer),
    ]
    for _ in range(2):
        for place in order:
            kind, body = told[place]
            take(kind, [body], as_of=STRIPE.now, manner=STRIPE)
    begun_with_its_card(buyer)
    assert Identity.objects.get(customer=buyer).name == "Kowalska Studio", "what Stripe leaves empty stays"
    done = session_of(session.reference, amount_total=11_899, customer="cus_9")
    take("checkout_sessions", [done], as_of=STRIPE.now, manner=STRIPE)
    assert CheckoutSession.objects.get().subscription == Subscription.objects.get()


def test_stripe_tells_of_the_customer_before_it_answers(page: Any, buyer: Customer) -> None:
    page.mute = True
    with pytest.raises(Conflict):
        plans.start(buyer)
    told = {
        "id": "cus_9",
        "object": "customer",
        "created": CREATED,
        "metadata": {"reference": buyer.reference},
    }
    take("customers", [told], as_of=NOW, manner=STRIPE)
    page.mute = False
    session = plans.start(buyer)
    assert page.known == [buyer.reference], "it is known by now and not asked for again"
    take("payment_intents", [paid_for(session.reference)], as_of=STRIPE.now, manner=STRIPE)
    begun_with_its_card(buyer)


def test_a_customer_of_another_gateway_is_told_so(page: Any) -> None:
    plans.team()
    elsewhere = make.customer(country="DE", currency="EUR", gateway="paypal", gateway_id="payer-1")
    with pytest.raises(Conflict, match="known at Paypal"):
        plans.start(elsewhere)
    assert CheckoutSession.objects.count() == 0
