"""The month's report on the screen and as CSV."""

import csv
import io

import pytest
from django.test import Client

from tests import make
from tests.billing.refunds.desk import a_payment
from tests.reports.refunds.going import gone

pytestmark = pytest.mark.django_db
URL = "/refunds/month/?month=2026-11"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("finance"))
    return client


def test_it_says_that_it_ties(desk: Client) -> None:
    gone(a_payment(10_000), 6_000)
    page = desk.get(URL).content.decode()
    assert "Ties to the ledger" in page and "60.00" in page and "Requested by customer" in page
    assert "/refunds/month/" in desk.get("/refunds/").content.decode()


def test_one_that_the_ledger_does_not_know_is_named(desk: Client) -> None:
    stray = make.refund(a_payment(10_000), amount_minor=1_234, state="succeeded", succeeded_at=make.NOW)
    page = desk.get(URL).content.decode()
    assert "12.34" in page and "apart" in page and stray.reference in page


def test_the_csv_has_every_refund_and_the_totals(desk: Client) -> None:
    one, two = gone(a_payment(10_000), 6_000), gone(a_payment(10_000), 50)
    answer = desk.get(f"{URL}&format=csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert {row[0] for row in rows[1:-1]} == {one.reference, two.reference}
    assert rows[-1] == ["Total in EUR", "", "", "", "60.50", "0.00", "60.50", "60.50", "0.00", "EUR"]


def test_nothing_and_nonsense(desk: Client) -> None:
    assert "No refund moved money in this month" in desk.get("/refunds/month/?month=2020-01").content.decode()
    wrong = desk.get("/refunds/month/?month=lately")
    assert wrong.status_code == 422 and "Month: enter it as 2026-10." in wrong.content.decode()


def test_who_may(client: Client) -> None:
    client.force_login(make.member("support"))
    assert client.get(URL).status_code == 200
    assert client.get(f"{URL}&format=csv").status_code == 403
