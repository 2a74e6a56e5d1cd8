"""Property: whatever order answers, messages, look-ups and retries come in, there is one charge and the sums
hold."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from billing.gateways.sandbox import Sandbox
from billing.history.actors import gateway
from billing.models import GatewayPace, Invoice, Payment
from billing.payments.charging import call, record_answer
from billing.payments.promising import Order, promise
from billing.payments.services import record_payment
from billing.payments.unknown import look_up_due
from tests.billing.payments.tills import JUDE, NOW, assert_sound, at_the_sandbox, due

CARDS = ("4242", "0002", "0069", "6001", "6002", "6005", "6007", "6008")
STEPS = st.lists(
    st.sampled_from(["charge", "answer", "answer again", "message", "old message", "look up", "wait"]),
    min_size=1,
    max_size=8,
)
pytestmark = pytest.mark.django_db(transaction=True)


class Till:
    """One invoice, the calls that were made for it, and what the gateway has said so far."""

    def __init__(self, card: str) -> None:
        self.invoice = due(card)
        self.now = NOW
        self.calls: list[tuple[Order, Any]] = []
        self.first_facts: list[Any] = []

    def do(self, step: str) -> None:
        match step:
            case "charge":
                promised = promise([self.invoice.pk], actor=JUDE, now=self.now)
                for order in promised.orders:
                    self.calls.append((order, call(order)))
                    if (fact := Sandbox().find_charge(order.key)) is not None:
                        self.first_facts.append(fact)
            case "answer" | "answer again":
                for order, answer in self.calls[-1:] if step == "answer" else self.calls:
                    record_answer(order=order, answer=answer, now=self.now)
            case "message":
                for order, _ in self.calls:
                    if (fact := Sandbox().find_charge(order.key)) is not None:
                        record_payment(fact, actor=gateway("sandbox"), now=self.now)
            case "old message":
                for fact in self.first_facts:
                    record_payment(fact, actor=gateway("sandbox"), now=self.now)
            case "look up":
                look_up_due(now=self.now)
            case "wait":
                self.now += timedelta(minutes=11)


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@example(card="6007", steps=["charge", "message", "answer", "charge"])
@given(card=st.sampled_from(CARDS), steps=STEPS)
def test_one_charge_and_the_sums_hold(card: str, steps: list[str]) -> None:
    GatewayPace.objects.all().delete()  # the breaker would hold off look-ups of the next example
    with override_settings(SANDBOX_BANK_SECONDS=0):
        till = Till(card)
        for step in steps:
            till.do(step)
            assert_sound()
        for _ in range(4):  # whatever was left open comes to its end
            till.do("wait")
            till.do("look up")
    invoice = Invoice.objects.get(pk=till.invoice.pk)
    charges = Payment.objects.filter(invoice=invoice)
    assert not charges.filter(is_live=True).exists()
    came = sum(_came(each.body) for each in at_the_sandbox(invoice))
    assert came == charges.filter(state="succeeded").count() * 9_900
    assert came in (0, 9_900)
    assert (invoice.state == "paid") == (came == 9_900)
    assert_sound()


def _came(body: dict[str, Any]) -> int:
    """What the gateway has taken by now, minor units."""
    return int(body["amount_minor"]) if (body.get("later") or body)["state"] == "succeeded" else 0
