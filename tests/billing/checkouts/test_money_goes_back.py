"""The money of a package goes back, and its units with it: in whole, in part, by a dispute that is lost."""

from datetime import timedelta

import pytest

from billing.credits.services import burn
from billing.disputes.services import record_dispute
from billing.gateways.facts import DisputeFact, FundsFact, RefundFact
from billing.models import CheckoutSession, CreditAccount, CreditEntry, Customer, Payment
from billing.payments.services import record_payment
from billing.refunds.services import record_gateway_refund
from tests import books
from tests.billing.checkouts.test_buy_package import (
    NOW,
    SANDBOX,
    buyer,
    granted,
    package,
    pages_of_today,
    pay,
    start,
)

__all__ = ["buyer", "package", "pages_of_today"]
pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
WHOLE = 2380


@pytest.fixture
def bought(buyer: Customer, package: str) -> CheckoutSession:
    session = start(buyer)
    record_payment(pay(session), actor=SANDBOX, now=NOW + timedelta(minutes=3))
    assert granted(buyer) == 100_000
    session.refresh_from_db()
    return session


def refund(minor: int, number: int = 1, state: str = "succeeded", minutes: int = 0) -> None:
    payment = Payment.objects.get()
    record_gateway_refund(
        fact=RefundFact(
            "sandbox", f"re_{number}", payment.gateway_id, minor, "EUR", state, LATER,
            LATER + timedelta(minutes=minutes),
        ),
        actor=SANDBOX,
        now=LATER,
    )  # fmt: skip


def dispute(state: str, *, withdrawn: int = 0, back: int = 0, minutes: int = 0) -> None:
    payment = Payment.objects.get()
    moved = [(-withdrawn, "out")] * bool(withdrawn) + [(back, "in")] * bool(back)
    record_dispute(
        DisputeFact(
            gateway="sandbox", gateway_id="dp_1", payment_gateway_id=payment.gateway_id, charge_gateway_id="",
            state=state, reason="fraudulent", currency="EUR", amount_minor=withdrawn or WHOLE,
            created_at=LATER, as_of=LATER + timedelta(minutes=minutes),
            funds=tuple(FundsFact(f"txn_{name}", minor, 0, "EUR", LATER) for minor, name in moved),
        ),
        actor=SANDBOX,
        now=LATER + timedelta(minutes=minutes),
    )  # fmt: skip


def clawed() -> int:
    return -sum(CreditEntry.objects.filter(movement="clawback").values_list("amount", flat=True))


def assert_sound() -> None:
    """The refunds of these tests were told of, and not made at the sandbox: it knows none of them."""
    assert set(books.what_is_broken()) <= {"sandbox_agrees"}


def test_a_full_refund_takes_all_units_once(buyer: Customer, bought: CheckoutSession) -> None:
    for _ in range(2):
        refund(WHOLE)
    assert (granted(buyer), clawed()) == (0, 100_000)
    assert_sound()


def test_partial_refunds_take_their_share_and_never_more_than_all(
    buyer: Customer, bought: CheckoutSession
) -> None:
    refund(595, 1)
    assert granted(buyer) == 75_000
    refund(595, 2)
    assert granted(buyer) == 50_000
    refund(WHOLE - 1190, 3)
    assert (granted(buyer), clawed()) == (0, 100_000)
    assert_sound()


def test_units_that_were_used_become_a_debt(buyer: Customer, bought: CheckoutSession) -> None:
    hour = NOW + timedelta(hours=1)
    burn(customer_id=buyer.pk, unit="tokens", amount=60_000, actor=SANDBOX, now=hour, key="used")
    refund(WHOLE)
    assert CreditAccount.objects.get(customer=buyer, unit="tokens").balance == -60_000
    assert_sound()


def test_a_refund_that_failed_gives_them_back(buyer: Customer, bought: CheckoutSession) -> None:
    refund(WHOLE, state="pending")
    assert granted(buyer) == 0
    refund(WHOLE, state="failed", minutes=5)
    assert granted(buyer) == 100_000
    assert_sound()


def test_a_dispute_takes_them_when_it_is_lost_and_not_before(
    buyer: Customer, bought: CheckoutSession
) -> None:
    dispute("needs_response", withdrawn=WHOLE)
    assert granted(buyer) == 100_000
    for minutes in (5, 6):
        dispute("lost", withdrawn=WHOLE, minutes=minutes)
    assert (granted(buyer), clawed()) == (0, 100_000)
    assert_sound()


def test_one_that_is_won_after_all_brings_them_back(buyer: Customer, bought: CheckoutSession) -> None:
    dispute("lost", withdrawn=WHOLE)
    assert granted(buyer) == 0
    dispute("won", withdrawn=WHOLE, back=WHOLE, minutes=5)
    assert granted(buyer) == 100_000
    assert_sound()


def test_a_refund_before_and_a_dispute_after_take_each_their_own(
    buyer: Customer, bought: CheckoutSession
) -> None:
    refund(1190)
    assert granted(buyer) == 50_000
    dispute("lost", withdrawn=1190, minutes=5)
    assert (granted(buyer), clawed()) == (0, 100_000)
    assert_sound()
