"""Which meters a gateway is told of: mapping one, stopping it, and what could not be told."""

import pytest
from django.test import Client

from billing.ids import form_key
from billing.models import GatewayMeter, MeterPush
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_key(settings):
    settings.STRIPE_API_KEY = "sk_test_HaldenNotARealKey42"


def test_a_meter_is_mapped_and_stopped(client: Client) -> None:
    client.force_login(make.member("admin"))
    meter = make.meter()
    told = {"form_key": form_key(), "meter": meter.slug, "gateway": "stripe", "reason": "Stripe bills it"}
    missing = client.post("/usage/gateways/new/", {**told, "event_name": ""})
    assert missing.status_code == 422
    assert client.post("/usage/gateways/new/", {**told, "event_name": "api_calls"}).status_code == 302
    row = GatewayMeter.objects.get()
    page = client.get("/usage/gateways/").content.decode()
    assert "api_calls" in page and meter.name in page and "none yet" in page
    twice = client.post("/usage/gateways/new/", {**told, "form_key": form_key(), "event_name": "more"})
    assert twice.status_code == 422 and "pushed there already" in twice.content.decode()
    stop = {"form_key": form_key(), "reason": "Billed by us now"}
    assert client.post(f"/usage/gateways/{row.pk}/stopping/", stop).status_code == 302
    assert "stopped" in client.get("/usage/gateways/").content.decode()


def test_what_could_not_be_pushed_says_why(client: Client) -> None:
    client.force_login(make.member("support"))
    row = GatewayMeter.objects.create(
        meter=make.meter(), gateway="stripe", event_name="api_calls", since=make.NOW, looked_until=make.NOW
    )
    MeterPush.objects.create(
        event=make.usage(), gateway_meter=row, customer_gateway_id="cus_1", identifier="usage-7-order-4711",
        promised_at=make.NOW, given_up_at=make.NOW, tries=1, error="No such customer: cus_1",
    )  # fmt: skip
    page = client.get("/usage/gateways/").content.decode()
    assert "usage-7-order-4711" in page and "No such customer: cus_1" in page
    assert "Push a meter" not in page
    assert client.get("/usage/gateways/new/").status_code == 403
    assert client.get(f"/usage/gateways/{row.pk}/stopping/").status_code == 403
