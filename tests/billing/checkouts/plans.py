"""A plan that is sold, somebody who buys it, and the sandbox on whose page they pay."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from billing.checkouts.subscribing import PlanAsked, start_plan
from billing.gateways.sandbox import Sandbox
from billing.history.actors import gateway, person
from billing.models import CheckoutSession, Customer, Price, Tier, TierCredits
from billing.payments.services import record_payment
from tests import make

HOST = person(1, "Halden")
SANDBOX = gateway("sandbox")
NOW = make.NOW
TEAM = PlanAsked("team", "month", 1, 3)


def sandbox() -> Sandbox:
    return Sandbox(clock=lambda: NOW + timedelta(minutes=2))


@pytest.fixture
def pages_of_today() -> Iterator[None]:
    """The sandbox's clock is the tests', which stand in a transaction each; races show that no call does."""
    with (
        patch("billing.gateways.registry.import_string", lambda path: lambda: sandbox()),
        patch("billing.gateways.sandbox_charges.outside_transactions", lambda: None),
    ):
        yield


def team(**more: Any) -> Tier:
    """33.33 EUR a seat and month, net; 500 tokens with each month."""
    tier = make.tier(slug="team", name="Team", **more)
    make.price(tier, unit_amount_minor=3333, per_seat=True)
    make.price(tier, unit_amount_minor=3900, currency="USD", tax_inclusive=True)
    make.price(tier, unit_amount_minor=33_330, interval_unit="year")
    TierCredits.objects.create(tier=tier, unit="tokens", amount=500, per="month")
    return tier


def free_subscription(of: Customer) -> Any:
    tier = make.tier(slug="free", name="Free", rank=0)
    price = make.price(tier, unit_amount_minor=0, currency=of.currency or "EUR")
    return make.subscription(of, price, current_period_end=NOW + timedelta(days=9))


def start(buyer: Customer, key: str = "plan-1", **more: Any) -> CheckoutSession:
    asked = {
        "customer_id": buyer.pk,
        "asked": TEAM,
        "return_url": "https://evil.example/",
        "key": key,
        "actor": HOST,
        "now": NOW,
        **more,
    }
    return start_plan(**asked)


def pay(session: CheckoutSession, card: str = "4242") -> Any:
    """Pays on the sandbox's page; gives the fact that its message tells."""
    return sandbox().pay_on_page(session.gateway_id, card)


def tell(fact: Any, minutes: int = 3) -> None:
    record_payment(fact, actor=SANDBOX, now=NOW + timedelta(minutes=minutes))


def price_of(session: CheckoutSession) -> Price:
    assert session.price is not None
    return session.price
