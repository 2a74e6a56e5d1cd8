"""A Stripe server that we did not write, started as a process of its own; and accounts to fill it with.

    localstripe = pytest fixture: a `LocalStripe` with `url`, `client` (Stripe's own library) and `flush()`;
    the settings point the desk at it.

What localstripe 1.15 lacks, and is covered by recorded objects elsewhere: prices (it has plans only),
disputes, credit notes, invoice numbers, `expand` of what it does not know, idempotency keys, a refund's
`reason`, and the `payments` of an invoice.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.ports import free_port

KEY = "sk_test_localstripe0000000000"
SECONDS_TO_START = 90


@dataclass
class LocalStripe:
    url: str
    client: stripe.StripeClient
    process: subprocess.Popen[bytes]

    def flush(self) -> None:
        """Forgets everything it holds."""
        request = urllib.request.Request(f"{self.url}/_config/data", method="DELETE")
        urllib.request.urlopen(request, timeout=5).close()


def start(directory: Path) -> LocalStripe:
    """Starts a server with nothing in it; what it keeps on disk goes below ``directory``."""
    port = free_port()
    program = Path(sys.executable).parent / "localstripe"
    process = subprocess.Popen(
        [str(program), "--port", str(port), "--from-scratch"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(directory), "HOME": str(directory)},
        start_new_session=True,
    )
    url = f"http://localhost:{port}"
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/js.stripe.com/v3/", timeout=1).close()
            break
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if process.poll() is not None:
                raise RuntimeError(f"localstripe ended at once with {process.returncode}") from None
            time.sleep(0.1)
    else:
        stop(process)
        raise RuntimeError(f"localstripe did not answer within {SECONDS_TO_START} seconds")
    client = stripe.StripeClient(KEY, base_addresses={"api": url})
    return LocalStripe(url, client, process)


def stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


@pytest.fixture(scope="session")
def localstripe_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStripe]:
    running = start(tmp_path_factory.mktemp("localstripe"))
    yield running
    stop(running.process)


@pytest.fixture
def localstripe(localstripe_process: LocalStripe, settings: Any) -> Iterator[LocalStripe]:
    """An empty account, at which the desk is pointed for the test."""
    settings.STRIPE_API_BASE = localstripe_process.url
    settings.STRIPE_API_KEY = KEY
    localstripe_process.flush()
    yield localstripe_process


NAMES = (
    "Jude Okafor",
    "Mira Lindqvist",
    "Tomás Herrera",
    "Ines Duarte",
    "Ravi Menon",
    "Lena Vogt",
    "Ada Kim",
)
CITIES = (("Lagos", "NG"), ("Malmö", "SE"), ("Sevilla", "ES"), ("Porto", "PT"), ("Pune", "IN"))


@dataclass
class Account:
    """What was put into the server, by its ids."""

    customers: list[str]
    subscriptions: list[str]
    payment_intents: list[str]


def fill(server: LocalStripe, *, customers: int = 50, lone_payments: int = 10) -> Account:
    """An account of customers with a card each; four of five subscribe to one of two plans, which makes an
    invoice, a payment and its charge; a few pay something besides, and every tenth card declines."""
    api = server.client
    product = api.raw_request("post", "/v1/products", name="Halden Pro", type="service").data
    plans = [
        api.raw_request(
            "post",
            "/v1/plans",
            amount=amount,
            currency="eur",
            interval=interval,
            product=product["id"],
            id=f"plan_halden_{interval}",
        ).data["id"]
        for amount, interval in ((4900, "month"), (49000, "year"))
    ]
    account = Account([], [], [])
    for number in range(customers):
        city, country = CITIES[number % len(CITIES)]
        customer = api.v1.customers.create(
            {
                "name": f"{NAMES[number % len(NAMES)]} {number}",
                "email": f"payer{number}@halden.example",
                "address": {"line1": f"Harbour Street {number}", "city": city, "country": country},
            }
        )
        account.customers.append(customer.id)
        method = api.v1.payment_methods.create(
            {
                "type": "card",
                "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2031, "cvc": "123"},
            }
        )
        api.v1.payment_methods.attach(method.id, {"customer": customer.id})
        api.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
        if number % 5:
            made = api.raw_request(
                "post",
                "/v1/subscriptions",
                customer=customer.id,
                items=[{"plan": plans[number % 2], "quantity": 1 + number % 3}],
            ).data
            account.subscriptions.append(made["id"])
        if number < lone_payments:
            account.payment_intents.append(pay(server, customer.id, method.id, 1000 + number))
    return account


def pay(server: LocalStripe, customer: str, method: str, amount: int) -> str:
    """A payment of its own, not for any invoice; gives its id."""
    made = server.client.v1.payment_intents.create(
        {"amount": amount, "currency": "eur", "customer": customer, "payment_method": method}
    )
    return server.client.v1.payment_intents.confirm(made.id).id
