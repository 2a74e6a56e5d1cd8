"""Pricing usage on a tier: the card, the dialog's promise, the deed, its refusals, and who may."""

import pytest
from django.test import Client

from billing.ids import form_key
from billing.models import UsagePrice
from tests import make

pytestmark = pytest.mark.django_db
TOLD = {
    "currency": "eur",
    "amount": "0.05",
    "per_units": "1",
    "included": "100",
    "reason": "Price list of 2027",
}


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("admin"))
    return client


def send(desk: Client, tier, meter, **more):
    url = f"/catalog/{tier.slug}/usage/{meter.slug}/"
    return desk.post(url, {"form_key": form_key(), **TOLD, **more})


def test_a_meter_is_priced_and_stands_on_the_tier(desk: Client) -> None:
    tier, meter = make.tier(), make.meter()
    assert "Usage costs nothing of its own" in desk.get(f"/catalog/{tier.slug}/").content.decode()
    assert send(desk, tier, meter).status_code == 302
    made = UsagePrice.objects.get()
    assert (made.currency, made.unit_amount_minor, made.per_units, made.included) == ("EUR", 5, 1, 100)
    assert made.reason == "Price list of 2027" and made.actor_ref.startswith("staff:")
    page = desk.get(f"/catalog/{tier.slug}/").content.decode()
    assert "0.05 EUR for each call, the first 100 included" in page


def test_the_side_tells_what_is_billed(desk: Client) -> None:
    tier, meter = make.tier(), make.meter()
    url = f"/catalog/{tier.slug}/usage/{meter.slug}/"
    assert "Enter what it costs" in desk.get(url).content.decode()
    told = desk.post(url, TOLD, headers={"HX-Request": "true", "HX-Target": "effects"}).content.decode()
    assert "110 calls cost 0.50 EUR" in told and "is not billed as none" in told


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("amount", "much", ""),
        ("currency", "QQQQ", ""),
        ("per_units", "0", "For each: from 1"),
        ("reason", " ", ""),
    ],
)
def test_what_cannot_be_is_refused(desk: Client, field: str, value: str, sentence: str) -> None:
    answer = send(desk, make.tier(), make.meter(), **{field: value})
    assert answer.status_code == 422 and sentence in answer.content.decode()
    assert not UsagePrice.objects.exists()


def test_what_is_paid_by_credits_is_not_offered_a_price_and_the_card_says_why(desk: Client) -> None:
    tier, sold = make.tier(), make.meter()
    paid = make.quota(tier, past="credits", credit_unit="tokens", credits_each=2).meter
    page = desk.get(f"/catalog/{tier.slug}/").content.decode()
    assert f"/catalog/{tier.slug}/usage/{sold.slug}/" in page
    assert f"/catalog/{tier.slug}/usage/{paid.slug}/" not in page
    assert f"Paid by credits past the quota, so not in money: {paid.name}." in page
    assert send(desk, tier, paid).status_code == 422
    assert not UsagePrice.objects.exists()


def test_who_may_not_is_refused(client: Client) -> None:
    client.force_login(make.member("finance"))
    tier, meter = make.tier(), make.meter()
    assert send(client, tier, meter).status_code == 403
    assert "/usage/" not in client.get(f"/catalog/{tier.slug}/").content.decode().split("<main")[-1]
