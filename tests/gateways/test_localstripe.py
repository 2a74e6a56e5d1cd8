"""Refunds against `localstripe`, a server that speaks Stripe's API and that we did not write.

It refuses a refund's `reason` and forgets idempotency keys, so neither can be shown with it: the reason goes
along as metadata, and what a forgotten key would do is prevented by asking before sending again. It knows
only succeeded refunds: pending, failed and canceled ones are covered by recorded shapes and by the sandbox.
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from billing.gateways.errors import GatewayRefused, Unreachable
from billing.gateways.stripe import Stripe, stripe_pages
from billing.money import Money
from billing.refunds.services import submit_refund
from tests.billing.refunds.desk import NOW, a_payment, assert_sound, issue
from tests.ports import free_port

KEY = "sk_test_HaldenLocal42"
REFERENCE = "REF-20261118-7K2M9QPA"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    port = free_port()
    program = Path(sys.executable).parent / "localstripe"
    process = subprocess.Popen(
        [str(program), "--port", str(port), "--from-scratch"],
        cwd=tmp_path_factory.mktemp("localstripe"),
        env={**os.environ, "TMPDIR": str(tmp_path_factory.mktemp("store"))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://localhost:{port}"
    try:
        _wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(900):
        assert process.poll() is None, "localstripe ended by itself"
        try:
            urllib.request.urlopen(f"{url}/v1/customers", timeout=2)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("localstripe did not start")


@pytest.fixture
def account(address, settings) -> Stripe:
    settings.STRIPE_API_BASE = address
    settings.STRIPE_API_KEY = KEY
    return Stripe()


@pytest.fixture
def paid(account) -> str:
    """The id of a payment intent of 100.00 EUR that has succeeded."""
    customer = account._call("post", "/v1/customers", {"email": "jude.okafor@halden.example"})
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    method = account._call("post", "/v1/payment_methods", {"type": "card", "card": card})
    account._call("post", f"/v1/payment_methods/{method['id']}/attach", {"customer": customer["id"]})
    intent = account._call(
        "post",
        "/v1/payment_intents",
        {
            "amount": 10_000,
            "currency": "eur",
            "customer": customer["id"],
            "payment_method": method["id"],
            "confirm": True,
        },
    )
    assert intent["status"] == "succeeded"
    return intent["id"]


def test_refunds_finds_and_retrieves(account, paid):
    fact = account.refund(paid, Money(6_000, "EUR"), key=REFERENCE, reason="duplicate", metadata={})

    assert (fact.state, fact.amount_minor, fact.currency) == ("succeeded", 6_000, "EUR")
    assert (fact.reference, fact.reason, fact.payment_gateway_id) == (REFERENCE, "duplicate", paid)
    assert account.find_refund(paid, REFERENCE).gateway_id == fact.gateway_id
    assert account.find_refund(paid, "REF-20261118-00000000") is None
    assert account.retrieve_refund(fact.gateway_id).state == "succeeded"
    assert account.retrieve_refund("re_nobody") is None


def test_a_payment_that_is_not_there(account):
    with pytest.raises(GatewayRefused):
        account.refund("pi_nobody", Money(100, "EUR"), key=REFERENCE, reason="other", metadata={})


def test_pages_come_whole_and_go_on_after_an_id(account):
    made = {account._call("post", "/v1/customers", {"name": f"Payer {n}"})["id"] for n in range(5)}
    found = [each["id"] for each in stripe_pages("customers", {"limit": 2})]
    assert made <= set(found)
    assert len(found) == len(set(found))
    assert [each["id"] for each in stripe_pages("customers", {"limit": 2}, found[1])] == found[2:]


def test_a_list_that_the_server_does_not_have(account):
    with pytest.raises(GatewayRefused) as refusal:
        list(stripe_pages("disputes"))
    assert refusal.value.code == "not_found"


def test_the_whole_slice(account, paid):
    payment = a_payment(gateway="stripe", gateway_id=paid)
    refund = submit_refund(refund_id=issue(payment, 6_000).pk, now=NOW)
    assert refund.state == "succeeded"
    assert account.retrieve_refund(refund.gateway_id).reference == refund.reference
    assert [each["amount"] for each in stripe_pages("refunds", {"payment_intent": paid})] == [6_000]
    assert_sound()


def test_a_server_that_forgets_keys_is_asked_before_a_second_call(account, paid):
    payment = a_payment(gateway="stripe", gateway_id=paid)
    refund = issue(payment, 6_000)
    call = Stripe._call

    def answer_lost(self, method, path, params, *, key=""):
        answer = call(self, method, path, params, key=key)
        if path == "/v1/refunds" and method == "post":
            raise Unreachable("unreachable", "Stripe did not answer in time.")
        return answer

    with patch.object(Stripe, "_call", answer_lost), pytest.raises(Unreachable):
        submit_refund(refund_id=refund.pk, now=NOW)
    refund = submit_refund(refund_id=refund.pk, now=NOW + timedelta(minutes=1))

    assert refund.state == "succeeded"
    assert len(list(stripe_pages("refunds", {"payment_intent": paid}))) == 1
    assert_sound()
