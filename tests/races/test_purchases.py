"""Concurrent purchases: a paid page is given once, and ten an hour stay ten; each falls without its lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db.models import Sum

from billing.checkouts.buying import start_purchase
from billing.checkouts.fulfilling import fulfil
from billing.checkouts.models import CheckoutSession
from billing.customers.models import Customer
from billing.errors import NotAllowed
from billing.gateways.sandbox import Sandbox
from billing.history.actors import gateway, person
from billing.models import CreditLot, HistoryEntry, Invoice, Posting
from billing.payments.services import record_payment
from tests import make
from tests.races.harness import at_once, meeting, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
NOW = make.NOW


@pytest.fixture(autouse=True)
def pages_of_today() -> Iterator[None]:
    def made(path: str):
        return lambda: Sandbox(clock=lambda: NOW + timedelta(minutes=2))

    with patch("billing.gateways.registry.import_string", made):
        yield


@contextmanager
def without_session_lock() -> Iterator[None]:
    """The naive twin: the session is read, not locked."""

    def plain(session_id: int) -> CheckoutSession:
        return CheckoutSession.objects.select_related("package_price__package").get(pk=session_id)

    with patch("billing.checkouts.locks.lock_session", plain):
        yield


@contextmanager
def without_buyer_lock() -> Iterator[None]:
    """The naive twin: the buyer is read, not locked."""

    def plain(customer_id: int) -> Customer:
        return Customer.objects.select_related("identity").get(pk=customer_id)

    with patch("billing.checkouts.locks.lock_buyer", plain):
        yield


def start(buyer: Customer, key: str) -> CheckoutSession:
    return start_purchase(
        customer_id=buyer.pk,
        package="small",
        quantity=1,
        return_url="",
        key=key,
        actor=person(1, "Halden"),
        now=NOW,
    )


def sold() -> Customer:
    make.package_price(make.token_package(slug="small"))
    return make.customer(country="DE", currency="EUR")


def test_two_messages_and_two_workers_give_what_was_paid_once() -> None:
    buyer = sold()
    session = start(buyer, "order-1")
    fact = Sandbox(clock=lambda: NOW + timedelta(minutes=2)).pay_on_page(session.gateway_id, "4242")

    def tell():
        return record_payment(fact, actor=gateway("sandbox"), now=NOW)

    def work():
        return fulfil(session_id=session.pk, actor=gateway("sandbox"), now=NOW)

    outcomes = at_once([tell, work, tell, work])
    assert refused(outcomes) == []
    assert CreditLot.objects.filter(account__unit="tokens").aggregate(all=Sum("amount"))["all"] == 100_000
    assert Invoice.objects.get().state == "paid"
    assert Posting.objects.filter(fact="invoice.finalised").count() == 1


def paid_and_waiting() -> CheckoutSession:
    """Paid, recorded, and not given yet."""
    session = start(sold(), "order-1")
    fact = Sandbox(clock=lambda: NOW + timedelta(minutes=2)).pay_on_page(session.gateway_id, "4242")
    with patch("billing.payments.services.claim"):
        record_payment(fact, actor=gateway("sandbox"), now=NOW)
    return session


def two_give(session: CheckoutSession) -> list:
    def give():
        return fulfil(session_id=session.pk, actor=gateway("sandbox"), now=NOW)

    with (
        patch("billing.checkouts.fulfilling.lock_payment", unlocked_payment),
        meeting("billing.checkouts.locks.lock_session", 2),
    ):
        return at_once([give, give])


def unlocked_payment(payment_id: int):
    """The payment's own lock is taken out, so that the session's alone has to hold."""
    from billing.models import Payment

    return Payment.objects.filter(pk=payment_id, state="succeeded").first()


def test_the_session_is_given_by_one_of_two_and_the_other_finds_it_given() -> None:
    outcomes = two_give(paid_and_waiting())
    assert sorted(went_through(outcomes)) == [False, True]


def test_without_the_sessions_lock_both_believe_to_have_given_it() -> None:
    session = paid_and_waiting()
    with without_session_lock():
        outcomes = two_give(session)
    assert went_through(outcomes) == [True, True]
    told = HistoryEntry.objects.filter(subject_kind="checkoutsession", kind="fulfilled")
    assert told.count() == 2
    # The grant's own key still holds, however wrong the story is.
    assert CreditLot.objects.filter(account__unit="tokens").count() == 1


def fourteen_start(buyer: Customer) -> list:
    with meeting("billing.checkouts.locks.lock_buyer", 14):
        return at_once([lambda key=f"order-{n}": start(buyer, key) for n in range(14)])


def test_ten_of_fourteen_purchases_at_once_are_started() -> None:
    buyer = sold()
    outcomes = fourteen_start(buyer)
    assert len(went_through(outcomes)) == 10
    assert all(isinstance(each, NotAllowed) for each in refused(outcomes))


def test_without_the_buyers_lock_more_than_ten_get_through() -> None:
    buyer = sold()
    with without_buyer_lock():
        outcomes = fourteen_start(buyer)
    assert len(went_through(outcomes)) > 10
