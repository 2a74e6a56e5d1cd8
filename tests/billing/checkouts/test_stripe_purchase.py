"""A package is paid on Stripe's page: whatever Stripe tells first, in whatever order, it is given once."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import permutations
from typing import Any
from unittest.mock import patch

import pytest

from billing.checkouts.buying import start_purchase
from billing.errors import Conflict, Missing
from billing.gateways.errors import Unreachable
from billing.gateways.facts import PageFact
from billing.history.actors import gateway, person
from billing.imports.taking import Manner, take
from billing.models import CheckoutSession, CreditLot, Customer, Invoice, Payment
from tests import make

pytestmark = pytest.mark.django_db
NOW = make.NOW
CREATED = int(NOW.timestamp())
STRIPE = Manner(gateway("stripe"), NOW + timedelta(minutes=3))


class Page:
    """Stripe's half: it makes one page per key; told to be silent, it makes it and does not answer."""

    silent = False

    def open_page(self, amount: Any, *, key: str, expires_at: Any, **rest: Any) -> PageFact:
        if self.silent:
            raise Unreachable("timeout", "No answer")
        return PageFact("stripe", f"cs_{key}", "https://checkout.stripe.example/pay", expires_at)


@pytest.fixture
def page(settings: Any) -> Iterator[Page]:
    settings.CHECKOUT_GATEWAY = "stripe"
    made = Page()
    with patch("billing.checkouts.paging.charger_named", lambda name: made):
        yield made


@pytest.fixture
def buyer() -> Customer:
    make.package_price(make.token_package(slug="small"))
    return make.customer(country="DE", currency="EUR", gateway="stripe", gateway_id="cus_1")


def start(buyer: Customer) -> CheckoutSession:
    return start_purchase(
        customer_id=buyer.pk, package="small", quantity=1, return_url="", key="order-1",
        actor=person(1, "Halden"), now=NOW,
    )  # fmt: skip


def session_of(reference: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"cs_{reference}",
        "object": "checkout.session",
        "created": CREATED,
        "expires_at": CREATED + 3600,
        "mode": "payment",
        "status": "complete",
        "payment_status": "paid",
        "amount_total": 2380,
        "currency": "eur",
        "customer": "cus_1",
        "payment_intent": "pi_1",
        "metadata": {"reference": reference},
        **more,
    }


def intent_of(reference: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "created": CREATED + 60,
        "amount": 2380,
        "amount_received": 2380,
        "currency": "eur",
        "customer": "cus_1",
        "status": "succeeded",
        "metadata": {"reference": reference},
        **more,
    }


def tell(kind: str, body: dict[str, Any]) -> Callable[[], None]:
    """Says it as the inbox does: what it names and nobody knows yet is fetched first."""

    def said() -> None:
        try:
            take(kind, [body], as_of=NOW + timedelta(minutes=2), manner=STRIPE)
        except Missing as absent:
            assert absent.facts["gateway_id"] == "pi_1"
            reference = body["metadata"]["reference"]
            take("payment_intents", [intent_of(reference)], as_of=NOW + timedelta(minutes=2), manner=STRIPE)
            take(kind, [body], as_of=NOW + timedelta(minutes=2), manner=STRIPE)

    return said


def given_once(buyer: Customer) -> None:
    lot = CreditLot.objects.get(account__unit="tokens")
    assert (lot.account.customer, lot.amount) == (buyer, 100_000)
    session, payment, invoice = CheckoutSession.objects.get(), Payment.objects.get(), Invoice.objects.get()
    assert (session.state, session.payment, session.invoice) == ("complete", payment, invoice)
    assert (payment.gateway_id, payment.customer, payment.invoice) == ("pi_1", buyer, invoice)
    assert (invoice.state, invoice.total_minor) == ("paid", 2380)
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("answered", [True, False], ids=["answered", "silent"])
def test_in_any_order_and_twice_it_is_given_once(
    page: Page, buyer: Customer, order: tuple[int, ...], answered: bool
) -> None:
    page.silent = not answered
    if answered:
        session = start(buyer)
    else:
        with pytest.raises(Conflict):
            start(buyer)
        session = CheckoutSession.objects.get()
    charge = {
        "id": "ch_1", "object": "charge", "created": CREATED + 60, "amount": 2380, "amount_captured": 2380,
        "currency": "eur", "customer": "cus_1", "status": "succeeded", "paid": True, "captured": True,
        "payment_intent": "pi_1", "metadata": {"reference": session.reference},
    }  # fmt: skip
    told = [
        tell("checkout_sessions", session_of(session.reference)),
        tell("payment_intents", intent_of(session.reference)),
        tell("charges", charge),
    ]
    for place in order:
        told[place]()
    for each in told:
        each()
    given_once(buyer)


def test_a_complete_page_that_is_not_paid_gives_nothing(page: Page, buyer: Customer) -> None:
    session = start(buyer)
    unpaid = intent_of(session.reference, status="processing", amount_received=0)
    take("payment_intents", [unpaid], as_of=NOW + timedelta(minutes=1), manner=STRIPE)
    body = session_of(session.reference, payment_status="unpaid")
    take("checkout_sessions", [body], as_of=NOW + timedelta(minutes=1), manner=STRIPE)
    assert CreditLot.objects.count() == 0 and Invoice.objects.count() == 0
    tell("payment_intents", intent_of(session.reference))()
    given_once(buyer)


def test_a_page_that_expired_at_stripe_frees_its_payment(page: Page, buyer: Customer) -> None:
    session = start(buyer)
    body = session_of(session.reference, status="expired", payment_status="unpaid", payment_intent=None)
    take("checkout_sessions", [body], as_of=NOW + timedelta(hours=1), manner=STRIPE)
    session.refresh_from_db()
    assert (session.state, session.payment.state) == ("expired", "canceled")


def test_what_stripe_says_of_another_amount_or_customer_changes_no_purchase(
    page: Page, buyer: Customer
) -> None:
    session = start(buyer)
    other = make.customer(gateway="stripe", gateway_id="cus_2")
    body = session_of(session.reference, status="open", payment_status="unpaid", payment_intent=None)
    wrong = body | {"amount_total": 1, "customer": other.gateway_id}
    take("checkout_sessions", [wrong], as_of=NOW + timedelta(minutes=1), manner=STRIPE)
    session.refresh_from_db()
    assert (session.amount_minor, session.customer) == (2380, buyer)
