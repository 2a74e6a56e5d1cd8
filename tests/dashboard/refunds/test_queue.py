"""The queue of refunds: who it asks for, what it costs, and how its plans hold."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.history.actors import person
from dashboard.queues.services import snooze
from tests import make
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db
NEEDS = "view=needs&needs=external&needs=failed&needs=stuck&needs=customer"


@pytest.fixture
def ines(client: Client) -> Client:
    client.force_login(member_in("finance"))
    return client


def rows(client: Client, query: str) -> str:
    return client.get(f"{reverse('refunds:index')}?{query}").content.decode()


def test_the_queue_holds_what_needs_a_person(ines: Client) -> None:
    payment = make.payment(amount_minor=99_000, state="succeeded")
    now = datetime.now(UTC)
    unseen = make.refund(payment, origin="gateway", state="succeeded", amount_minor=100)
    failed = make.refund(payment, state="failed", amount_minor=100)
    waits = make.refund(payment, state="requires_action", amount_minor=100)
    stuck = make.refund(
        payment=payment, state="submitting", amount_minor=100, submitted_at=now - timedelta(hours=1)
    )
    fine = make.refund(payment, state="succeeded", amount_minor=100)
    page = rows(ines, NEEDS)
    for refund in (unseen, failed, waits, stuck):
        assert refund.reference in page
    assert fine.reference not in page
    actor = person(1, "Jude Okafor")
    snooze(subject=failed, label="x", url="/", until=now + timedelta(days=1), actor=actor, now=now)
    assert failed.reference not in rows(ines, NEEDS)
    assert failed.reference in rows(ines, "view=failed&state=failed")


def test_a_page_of_refunds_costs_the_same_with_many(ines: Client) -> None:
    payment = make.payment(amount_minor=990_000, state="succeeded")
    # One page and a little more, so that both pages have a next one.
    for _ in range(55):
        make.refund(payment, state="succeeded", amount_minor=10)
    rows(ines, "")
    with CaptureQueriesContext(connection) as few:
        rows(ines, "")
    for _ in range(100):
        make.refund(payment, state="succeeded", amount_minor=10)
    with CaptureQueriesContext(connection) as many:
        rows(ines, "")
    assert len(many) == len(few)


def test_a_refunds_page_costs_the_same_with_much_around_it(ines: Client) -> None:
    payment = make.payment(amount_minor=990_000, state="succeeded")
    refund = make.refund(payment, state="failed", amount_minor=10)
    url = reverse("refunds:show", args=[refund.reference])
    ines.get(url)
    with CaptureQueriesContext(connection) as alone:
        assert ines.get(url).status_code == 200
    for _ in range(30):
        make.refund(payment, state="succeeded", amount_minor=10)
    with CaptureQueriesContext(connection) as among:
        ines.get(url)
    assert len(among) == len(alone)
