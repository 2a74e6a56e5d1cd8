"""What gateways tell of their own checkout pages: linked to what came of them, or abandoned."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.checkouts.services import record_checkouts
from billing.errors import Missing
from billing.gateways.facts import CheckoutFact
from billing.history.actors import gateway
from billing.models import CheckoutSession, PostingLine
from tests import make

STRIPE = gateway("stripe")
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
FACT = CheckoutFact(
    "stripe", "cs_1", "payment", "open", "unpaid", NOW, NOW, currency="EUR", amount_minor=9900,
    payment_id="pi_1", expires_at=NOW + timedelta(days=1),
)  # fmt: skip

pytestmark = pytest.mark.django_db


def told(minutes: int, **more: Any) -> CheckoutSession:
    fact = replace(FACT, as_of=NOW + timedelta(minutes=minutes), **more)
    return record_checkouts([fact], actor=STRIPE, now=NOW)[fact.gateway_id].row


def test_a_complete_one_names_its_payment_and_subscription() -> None:
    payment = make.payment(gateway="stripe", gateway_id="pi_1")
    subscription = make.subscription(gateway="stripe", gateway_id="sub_1")
    told(0)
    row = told(1, state="complete", payment_state="paid", subscription_id="sub_1", customer_id="cus_9")
    assert (row.state, row.payment, row.subscription) == ("complete", payment, subscription)
    assert row.customer is not None
    assert row.customer.gateway_id == "cus_9"
    assert row.reference.startswith("CHK-20261118-")
    assert PostingLine.objects.count() == 0


def test_a_complete_one_of_an_unknown_payment_says_what_to_fetch() -> None:
    with pytest.raises(Missing) as refusal:
        told(0, state="complete")
    assert refusal.value.facts == {"kind": "payment_intent", "gateway_id": "pi_1"}
    with pytest.raises(Missing) as refusal:
        told(0, state="complete", payment_id="", subscription_id="sub_1")
    assert refusal.value.facts == {"kind": "subscription", "gateway_id": "sub_1"}


def test_an_expired_one_was_abandoned() -> None:
    told(0)
    row = told(1, state="expired")
    assert row.get_state_display() == "Abandoned"


def test_one_paid_later_stays_complete_whatever_comes_late() -> None:
    make.payment(gateway="stripe", gateway_id="pi_1")
    told(2, state="complete", payment_state="unpaid")
    told(3, state="complete", payment_state="paid")
    told(1)
    told(4, state="open", payment_state="paid")
    row = CheckoutSession.objects.get()
    assert (row.state, row.payment_state) == ("complete", "paid")
