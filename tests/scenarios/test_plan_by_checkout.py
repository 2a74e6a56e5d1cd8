"""A plan from the host product's call to its renewal: the API, the gateway's page, its message, the run."""

import re
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.test import Client
from django.utils import timezone

from billing.billing_run.renewing import renew_batch
from billing.history.actors import system
from billing.models import (
    CheckoutSession,
    CreditLot,
    Invoice,
    Payment,
    PaymentMethod,
    SandboxEvent,
    Subscription,
)
from billing.payments.collecting import sweep
from billing.webhooks.draining import drain
from tests import books
from tests.billing.checkouts import plans
from tests.billing.webhooks.desk import SANDBOX_SECRET, deliver_sandbox
from tests.dashboard.api.test_calls import key_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _secrets(settings: Any) -> None:
    settings.SANDBOX_WEBHOOK_SECRET = SANDBOX_SECRET
    settings.CHECKOUT_GATEWAY = "sandbox"
    settings.RETURN_HOSTS, settings.RETURN_URL = ["product.example"], "https://product.example/done"


def tell_all(times: int = 1) -> None:
    """The messages that the sandbox owes, delivered so often, and taken in by a worker."""
    for event in SandboxEvent.objects.order_by("due_at", "id"):
        for _ in range(times):
            assert deliver_sandbox(event.body).status_code == 200
    for _ in range(3):
        drain(now=timezone.now(), worker="scenario")


def test_from_the_call_to_the_renewal(live_server: Any, client: Client) -> None:
    plans.team()
    at, headers = f"{live_server.url}/api/v1/customers", {"Authorization": f"Bearer {key_for()}"}
    with requests.Session() as product:
        product.headers.update(headers)
        user = {"email": "billing@kowalska.example", "name": "Kowalska", "country": "DE", "currency": "EUR"}
        assert product.put(f"{at}/user-7", json=user, timeout=10).status_code == 200
        asked = {"plan": "team", "seats": 3, "key": "order-1", "return_url": "https://product.example/hi"}
        told = product.post(f"{at}/user-7/checkouts", json=asked, timeout=10).json()
        assert (told["state"], told["amount_minor"]) == ("open", 11_899)

        page = re.sub(r"^https?://[^/]+", "", told["url"])
        assert "118.99" in client.get(page).content.decode()
        assert client.post(page, {"card": "0002"}).status_code == 402
        tell_all()
        assert Subscription.objects.count() == 0, "coming back without having paid begins nothing"
        assert client.post(page, {"card": "4242"}).url == "https://product.example/hi"
        became = f"{at}/user-7/checkouts/{told['reference']}"
        assert product.get(became, timeout=10).json()["subscription"] is None, "nor does coming back"

        tell_all(times=2)
        subscription = Subscription.objects.get()
        assert product.get(became, timeout=10).json()["subscription"] == subscription.reference
        me = product.get(f"{at}/user-7/me", timeout=10).json()
        assert (me["tiers"][0]["slug"], me["credits"]) == ("team", {"tokens": 1500})

    invoice, card = Invoice.objects.get(), PaymentMethod.objects.get()
    assert (invoice.state, invoice.total_minor) == ("paid", 11_899)
    assert (card.customer, card.last4, card.is_default) == (subscription.customer, "4242", True)
    assert CreditLot.objects.filter(account__unit="tokens").count() == 1
    assert CheckoutSession.objects.get().state == "complete"

    assert subscription.current_period_end is not None
    then = subscription.current_period_end + timedelta(minutes=1)
    renewed = renew_batch([subscription], until=then, actor=system("billing_run"), now=then)
    assert not renewed.failures
    assert sweep(now=then).charged == 1
    renewal = Invoice.objects.latest("pk")
    assert (renewal.state, renewal.total_minor) == ("paid", 11_899)
    assert Payment.objects.get(invoice=renewal).method == card
    assert books.what_is_broken() == {}
