"""The list of payouts, and a payout's page with its postings and events."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.gateways.facts import PayoutFact
from billing.history.actors import gateway
from billing.models import Payout, WebhookEvent
from billing.payouts.services import record_payouts
from tests import make

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
FACT = PayoutFact("stripe", "po_1", "paid", "EUR", 97_260, NOW, NOW, date(2026, 11, 17), is_automatic=True)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("finance"))
    return client


def text_of(page: str) -> str:
    return re.sub(r"<[^>]*>", "", page)


def paid_out(number: int = 1, state: str = "paid", **more: object) -> Payout:
    fact = FACT.__replace__(gateway_id=f"po_{number}", state=state, **more)
    return record_payouts([fact], actor=gateway("stripe"), now=NOW)[fact.gateway_id].row


def test_the_list_shows_gateway_amount_and_arrival_by_state(desk: Client) -> None:
    paid = paid_out(1)
    failed = paid_out(2, "failed")
    page = desk.get("/payouts/").content.decode()
    assert paid.reference in page
    assert "972.60" in text_of(page)
    assert "Stripe" in page
    only = desk.get("/payouts/?state=failed").content.decode()
    assert failed.reference in only
    assert paid.reference not in only


def test_the_page_shows_what_was_posted_and_told(desk: Client) -> None:
    payout = paid_out()
    WebhookEvent.objects.create(
        source="stripe", event_id="evt_1", type="payout.paid", object_kind="payout", object_id="po_1",
        state="processed", happened_at=NOW, received_at=NOW + timedelta(seconds=1),
    )  # fmt: skip
    page = desk.get(f"/payouts/{payout.reference}/").content.decode()
    assert "Payout paid" in page
    assert "payout.paid" in page
    assert "972.60" in text_of(page)
    assert desk.get("/payouts/PYT-20261118-00000000/").status_code == 404


def test_one_that_failed_says_what_to_do(desk: Client) -> None:
    payout = paid_out(state="failed", failure_message="The account is closed.")
    page = desk.get(f"/payouts/{payout.reference}/").content.decode()
    assert "The account is closed" in page
    assert "Correct the bank account" in page


def test_the_list_asks_as_often_for_one_as_for_many(desk: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert desk.get("/payouts/").status_code == 200
        return len(queries)

    paid_out(1)
    asked()
    few = asked()
    for number in range(2, 9):
        paid_out(number)
    assert asked() == few
