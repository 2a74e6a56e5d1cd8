"""Checkouts of a plan that meet: whatever tells of the money, and however many pages were paid, one begins.

Each falls without its lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import pytest

from billing.checkouts.clearing import clear_abandoned
from billing.checkouts.fulfilling import fulfil
from billing.checkouts.locks import standing
from billing.checkouts.models import CheckoutSession
from billing.errors import NotAllowed
from billing.history.actors import gateway
from billing.models import CreditLot, Customer, Invoice, Payment, PaymentMethod, Posting, Subscription
from billing.payments.services import record_payment
from tests import books, make
from tests.billing.checkouts import plans
from tests.races.harness import at_once, meeting, refused, went_through
from tests.races.test_purchases import (
    pages_of_today,
    unlocked_payment,
    without_buyer_lock,
    without_session_lock,
)

__all__ = ["pages_of_today"]
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
NOW = make.NOW
SANDBOX = gateway("sandbox")


@contextmanager
def without_standing_lock() -> Iterator[None]:
    """The naive twin: what the customer is on is read, not locked."""
    with patch("billing.checkouts.locks.lock_standing", standing):
        yield


def buyer_of_a_team() -> Customer:
    plans.team()
    return make.customer(country="DE", currency="EUR")


def began_once() -> None:
    subscription = Subscription.objects.get()
    session = CheckoutSession.objects.get(fulfilled_at__isnull=False)
    assert (session.subscription, session.invoice) == (subscription, Invoice.objects.get())
    assert Invoice.objects.get().state == "paid"
    assert CreditLot.objects.filter(account__unit="tokens").count() == 1
    assert Posting.objects.filter(fact="invoice.finalised").count() == 1
    assert PaymentMethod.objects.filter(is_default=True).count() == 1
    assert books.what_is_broken() == {}


def test_messages_a_look_up_and_a_worker_begin_it_once() -> None:
    session = plans.start(buyer_of_a_team())
    fact = plans.pay(session)

    def tell() -> object:
        return record_payment(fact, actor=SANDBOX, now=NOW)

    def look_up() -> object:
        return clear_abandoned(now=NOW + timedelta(minutes=66))

    def work() -> object:
        return fulfil(session_id=session.pk, actor=SANDBOX, now=NOW)

    assert refused(at_once([tell, look_up, tell, work])) == []
    began_once()


def paid_and_waiting(session: CheckoutSession) -> CheckoutSession:
    """Paid, recorded, and nothing begun yet."""
    with patch("billing.payments.services.claim"):
        record_payment(plans.pay(session), actor=SANDBOX, now=NOW)
    return session


def both_fulfil(first: CheckoutSession, second: CheckoutSession, meet_at: str) -> list:
    def give(session: CheckoutSession) -> bool:
        return fulfil(session_id=session.pk, actor=SANDBOX, now=NOW)

    with (
        patch("billing.checkouts.fulfilling.lock_payment", unlocked_payment),
        meeting(f"billing.checkouts.locks.{meet_at}", 2),
    ):
        return at_once([lambda: give(first), lambda: give(second)])


def test_one_of_two_begins_it_and_the_other_finds_it_begun() -> None:
    session = paid_and_waiting(plans.start(buyer_of_a_team()))
    outcomes = both_fulfil(session, session, "lock_session")
    assert sorted(went_through(outcomes)) == [False, True]
    began_once()


def test_without_the_sessions_lock_the_second_takes_the_first_for_another_plan() -> None:
    session = paid_and_waiting(plans.start(buyer_of_a_team()))
    with without_session_lock():
        outcomes = both_fulfil(session, session, "lock_session")
    (broken,) = refused(outcomes)
    assert "checkout_session_is_given_or_kept" in str(broken), "only the database holds it then"
    assert Subscription.objects.count() == 1


def two_paid_pages() -> tuple[CheckoutSession, CheckoutSession]:
    buyer = buyer_of_a_team()
    first, second = (paid_and_waiting(plans.start(buyer, key)) for key in ("plan-1", "plan-2"))
    return first, second


def test_two_pages_that_are_paid_at_once_begin_one_plan() -> None:
    first, second = two_paid_pages()
    outcomes = both_fulfil(first, second, "lock_standing")
    assert sorted(went_through(outcomes)) == [False, True]
    assert CheckoutSession.objects.filter(kept_at__isnull=False, fulfilled_at=None).count() == 1
    assert Payment.objects.filter(invoice=None, state="succeeded").count() == 1
    began_once()


def test_without_the_lock_of_what_they_are_on_the_customer_pays_for_two() -> None:
    first, second = two_paid_pages()
    with without_standing_lock():
        outcomes = both_fulfil(first, second, "lock_standing")
    assert went_through(outcomes) == [True, True]
    assert Subscription.objects.count() == 2


def eight_start(buyer: Customer) -> list:
    with patch("tests.races.harness.PATIENCE", 0.3), meeting("billing.checkouts.locks.lock_buyer", 8):
        return at_once([lambda key=f"plan-{n}": plans.start(buyer, key) for n in range(8)])


def test_five_of_eight_checkouts_at_once_are_started() -> None:
    outcomes = eight_start(buyer_of_a_team())
    assert len(went_through(outcomes)) == 5
    assert all(isinstance(each, NotAllowed) for each in refused(outcomes))


def test_without_the_buyers_lock_more_than_five_get_through() -> None:
    buyer = buyer_of_a_team()
    with without_buyer_lock():
        outcomes = eight_start(buyer)
    assert len(went_through(outcomes)) > 5
