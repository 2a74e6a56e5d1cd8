"""The list of checkouts, and a checkout's page with what was bought and what came of it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.checkouts.clearing import expire
from billing.checkouts.telling import tell_the_desk
from billing.models import Alert, CheckoutSession, CreditAccount, Customer
from billing.payments.services import record_payment
from dashboard.parts import alerting
from tests import make
from tests.billing.checkouts import plans
from tests.billing.checkouts.test_buy_package import NOW, SANDBOX, buyer, package, pages_of_today, pay, start

__all__ = ["buyer", "package", "pages_of_today"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("finance"))
    return client


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


@pytest.fixture
def three(buyer: Customer, package: str) -> tuple[CheckoutSession, CheckoutSession, CheckoutSession]:
    """One that was paid, one that nobody paid, one that is open."""
    paid, left, _ = (start(buyer, key=f"order-{n}", quantity=n + 1) for n in range(3))
    record_payment(pay(paid), actor=SANDBOX, now=NOW + timedelta(minutes=3))
    expire(left.pk, now=NOW + timedelta(hours=2))
    return tuple(CheckoutSession.objects.order_by("key"))  # type: ignore[return-value]


def test_the_list_tells_who_buys_what_for_how_much_by_state(
    desk: Client, buyer: Customer, three: tuple
) -> None:
    page = desk.get("/checkouts/").content.decode()
    for session in three:
        assert session.reference in page
    assert "2 × 100,000 tokens" in text_of(page)
    assert "23.80" in text_of(page)
    shown = {
        query: [each.reference in desk.get(f"/checkouts/?{query}").content.decode() for each in three]
        for query in (
            "state=starting&state=open",
            "state=expired",
            "state=complete",
            f"customer={buyer.reference}",
        )
    }
    assert shown == {
        "state=starting&state=open": [False, False, True],
        "state=expired": [False, True, False],
        "state=complete": [True, False, False],
        f"customer={buyer.reference}": [True, True, True],
    }


def test_what_is_filtered_is_exported(desk: Client, three: tuple) -> None:
    answer = desk.get("/checkouts/?state=complete&format=csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len([line for line in lines if "CHK-" in line]) == 1
    assert all(each in lines[1] for each in (three[0].reference, "100,000 tokens", "23.80", "PAY-", "Paid"))


def test_a_paid_one_shows_its_payment_its_invoice_and_what_was_given(desk: Client, three: tuple) -> None:
    page = desk.get(f"/checkouts/{three[0].reference}/").content.decode()
    account = CreditAccount.objects.get(unit="tokens")
    assert three[0].payment.reference in page
    assert three[0].invoice.label in page
    assert f"/credits/{account.pk}/" in page
    assert "100,000 tokens" in text_of(page)
    assert "100,000 tokens given" in text_of(page)
    assert "Checkout started for 23.80 EUR" in text_of(page)
    assert "Checkout is complete now" in text_of(page)


def test_an_abandoned_one_says_that_nothing_was_taken(desk: Client, three: tuple) -> None:
    page = text_of(desk.get(f"/checkouts/{three[1].reference}/").content.decode())
    assert "Nobody paid on the page before it closed" in page
    assert "Nothing yet" in page
    assert desk.get("/checkouts/CHK-20261118-00000000/").status_code == 404


def test_one_paid_and_not_given_says_what_stands_in_the_way(desk: Client, three: tuple) -> None:
    CheckoutSession.objects.filter(pk=three[2].pk).update(
        state="complete", payment_state="paid", failure="seller_missing"
    )
    page = text_of(desk.get(f"/checkouts/{three[2].reference}/").content.decode())
    assert "what was bought could not be given" in page
    assert "seller_missing" in page


def test_one_of_the_gateways_own_without_a_customer_has_a_page(desk: Client) -> None:
    session = CheckoutSession.objects.create(
        reference="CHK-20261118-7K3N9Q4F", gateway="stripe", gateway_id="cs_1", mode="setup",
        state="open", created_at=NOW,
    )  # fmt: skip
    assert "A payment method" in text_of(desk.get(f"/checkouts/{session.reference}/").content.decode())
    assert "A payment method" in text_of(desk.get("/checkouts/").content.decode())


def test_the_list_asks_as_often_for_one_as_for_many(desk: Client, buyer: Customer, package: str) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get("/checkouts/").status_code == 200
        return len(queries)

    start(buyer, key="one")
    asked()
    few = asked()
    for number in range(5):
        start(buyer, key=f"more-{number}")
    assert asked() == few


@pytest.mark.parametrize(("role", "status"), [("support", 200), ("admin", 200), ("auditor", 200)])
def test_who_may_see_it(client: Client, role: str, status: int) -> None:
    client.force_login(make.member(role))
    assert client.get("/checkouts/").status_code == status


def test_nobody_sees_it_who_is_not_signed_in(client: Client) -> None:
    assert client.get("/checkouts/").status_code == 302


def test_a_plan_shows_what_it_started_and_one_that_was_kept_says_why(desk: Client) -> None:
    plans.team()
    buyer = make.customer("Kowalska Studio", country="DE", currency="EUR")
    begun, kept = plans.start(buyer, "plan-1"), plans.start(buyer, "plan-2")
    plans.tell(plans.pay(begun))
    plans.tell(plans.pay(kept), 4)
    begun.refresh_from_db()
    page = text_of(desk.get(f"/checkouts/{begun.reference}/").content.decode())
    assert "Team × 3, monthly" in page and f"{begun.subscription.reference} started" in page
    page = text_of(desk.get(f"/checkouts/{kept.reference}/").content.decode())
    assert "had a plan by the time they paid" in page and "Nothing: the money was kept" in page
    listed = text_of(desk.get("/checkouts/").content.decode())
    assert "Team × 3, monthly" in listed and "118.99" in listed
    tell_the_desk(now=plans.NOW)
    alert = Alert.objects.get()
    assert alerting.url_of(alert) == f"/checkouts/{kept.reference}/"
    assert alerting.label_of(alert) == "Paid, and nothing given"
    theirs = desk.get(f"/customers/{buyer.reference}/").content.decode()
    assert begun.reference in theirs and "Team × 3, monthly" in text_of(theirs)
