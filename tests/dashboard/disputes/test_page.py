"""A dispute's page and list: what is at stake, until when to answer, and what settles it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.models import Dispute
from dashboard.fetching import take_blocked
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("support"))
    return client


def page(desk: Client, dispute: Dispute) -> str:
    answer = desk.get(f"/disputes/{dispute.reference}/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_it_says_until_when_to_answer_and_how_long_that_is(desk: Client) -> None:
    due = timezone.now() + timedelta(days=9, hours=1)
    dispute = make.dispute(evidence_due_at=due, withdrawn_minor=9900)
    told = page(desk, dispute)
    assert "Answer by" in told and "9 days left" in told
    assert "they never got what they paid for" in told and "Product not received" in told
    assert 'class="notice" data-tone="wait"' in told


def test_a_near_deadline_is_pressing_and_a_past_one_is_said(desk: Client) -> None:
    near = make.dispute(evidence_due_at=timezone.now() + timedelta(hours=30))
    assert 'class="notice" data-tone="bad"' in page(desk, near)
    assert "hours left" in page(desk, near)
    past = make.dispute(evidence_due_at=timezone.now() - timedelta(hours=1))
    assert "The time to answer ended" in page(desk, past)
    unknown = make.dispute(evidence_due_at=None)
    assert "no day for it is told" in page(desk, unknown) and "unknown" in page(desk, unknown)


def test_a_warning_may_be_settled_by_a_refund(desk: Client) -> None:
    dispute = make.dispute(state="warning")
    told = page(desk, dispute)
    assert f"/refunds/of/{dispute.payment.reference}/" in told
    assert "A refund now settles it" in told
    assert f"/refunds/of/{dispute.payment.reference}/" not in page(desk, make.dispute(dispute.payment))


def test_an_auditor_sees_why_the_refund_is_not_theirs(client: Client) -> None:
    client.force_login(make.member("auditor"))
    assert "Your role may not do this" in page(client, make.dispute(state="warning"))


def test_a_reason_that_nobody_explained(desk: Client) -> None:
    assert "Not told" in page(desk, make.dispute(reason=""))
    assert "Bank cannot process" in page(desk, make.dispute(reason="bank_cannot_process"))


def test_an_erased_customer(desk: Client) -> None:
    dispute = make.dispute()
    dispute.customer.identity.delete()
    assert "(erased)" in page(desk, dispute)


def test_many_refunds_cost_what_few_cost(desk: Client) -> None:
    few, many = make.dispute(state="warning"), make.dispute(state="warning")
    make.refund(few.payment, amount_minor=10)
    for _ in range(10):
        make.refund(many.payment, amount_minor=10)
        make.dispute(many.payment)
    page(desk, few)
    with CaptureQueriesContext(connection) as one:
        page(desk, few)
    with CaptureQueriesContext(connection) as more:
        page(desk, many)
    assert len(more) <= len(one)


def test_the_list_and_its_peek_fetch_nothing_row_by_row(desk: Client) -> None:
    disputes = [make.dispute(evidence_due_at=make.NOW + timedelta(days=place)) for place in range(3)]
    disputes.append(make.dispute())
    take_blocked()
    told = desk.get(f"/disputes/?view=all&sort=due&peek={disputes[0].reference}").content.decode()
    assert take_blocked() == [] and "What happened" in told
    places = [told.index(f'data-row="{each.reference}"') for each in disputes]
    assert places == sorted(places)
    bounded = desk.get("/disputes/?view=all&due_to=2026-11-19&sort=due").content.decode()
    assert disputes[1].reference in bounded and disputes[3].reference not in bounded


def test_who_may_see_it(client: Client) -> None:
    dispute = make.dispute()
    client.force_login(make.member(""))
    assert client.get(f"/disputes/{dispute.reference}/").status_code == 403
    client.force_login(make.member("finance"))
    assert client.get("/disputes/DSP-20261118-00000000/").status_code == 404
