"""What gateways tell of payments: once, never older over newer, never more applied than there is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from billing.gateways.facts import AttemptFact, PaymentFact
from billing.history.actors import gateway
from billing.models import (
    Customer,
    HistoryEntry,
    Payment,
    PaymentAllocation,
    PaymentAttempt,
    Posting,
    PostingLine,
)
from billing.payments.services import apply_payments, record_payment
from tests import make

STRIPE = gateway("stripe")
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
PAID = PaymentFact(
    gateway="stripe",
    gateway_id="pi_1",
    customer_id="cus_1",
    state="succeeded",
    currency="EUR",
    amount_minor=5000,
    captured_minor=5000,
    created_at=NOW,
    as_of=NOW,
    succeeded_at=NOW,
)
TRY = AttemptFact(
    gateway="stripe",
    gateway_id="ch_1",
    at=NOW,
    state="succeeded",
    amount_minor=5000,
    as_of=NOW,
    captured_minor=5000,
    method_kind="card",
    card_brand="visa",
    card_last4="4242",
    fee_minor=99,
    fee_id="txn_1",
)


def told(**more: Any) -> Payment:
    return record_payment(replace(PAID, **more), actor=STRIPE, now=NOW)


def later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def balances() -> dict[str, int]:
    totals: dict[str, int] = {}
    for account, minor in PostingLine.objects.values_list("account", "amount_minor"):
        totals[account] = totals.get(account, 0) + minor
    return {account: minor for account, minor in totals.items() if minor}


def invoice(total: int) -> Any:
    return make.invoice(
        gateway="stripe",
        gateway_id=f"in_{total}",
        number=None,
        total_minor=total,
        net_minor=total,
        tax_minor=0,
        state="open",
        currency="EUR",
    )


@pytest.mark.django_db
def test_a_payment_posts_once_and_twice_told_leaves_no_trace() -> None:
    told(attempts=(TRY,))
    before = (HistoryEntry.objects.count(), Posting.objects.count())
    told(attempts=(replace(TRY, as_of=later(5)),), as_of=later(5))
    assert (HistoryEntry.objects.count(), Posting.objects.count()) == before
    assert Payment.objects.get().gateway_as_of == NOW
    assert balances() == {"gateway_clearing": 4901, "gateway_fees": 99, "customer_balance": -5000}


@pytest.mark.django_db
def test_older_never_overwrites_newer() -> None:
    told()
    told(state="pending", captured_minor=0, succeeded_at=None, as_of=later(-5))
    assert Payment.objects.get().state == "succeeded"


@pytest.mark.django_db
def test_a_success_that_is_taken_back_is_reversed_with_all_that_it_paid() -> None:
    invoice(3000)
    told()
    assert apply_payments("stripe", [("pi_1", "in_3000")], actor=STRIPE, now=NOW) == 1
    assert balances() == {"gateway_clearing": 5000, "customer_balance": -2000, "receivable": -3000}
    told(state="failed", captured_minor=0, succeeded_at=None, as_of=later(5))
    payment = Payment.objects.get()
    assert (payment.state, payment.captured_minor) == ("reversed", 5000)
    assert balances() == {}
    assert PaymentAllocation.objects.count() == 0
    told(as_of=later(10))
    assert Payment.objects.get().state == "succeeded"
    assert balances() == {"gateway_clearing": 5000, "customer_balance": -5000}


@pytest.mark.django_db
def test_never_more_is_applied_than_was_captured_or_is_owed() -> None:
    for total in (3000, 4000, 500):
        invoice(total)
    told()
    links = [("pi_1", "in_3000"), ("pi_1", "in_4000"), ("pi_1", "in_500")]
    apply_payments("stripe", links, actor=STRIPE, now=NOW)
    apply_payments("stripe", links, actor=STRIPE, now=NOW)
    applied = dict(PaymentAllocation.objects.values_list("invoice__total_minor", "amount_minor"))
    assert applied == {3000: 3000, 4000: 2000}
    assert balances() == {"gateway_clearing": 5000, "receivable": -5000}


@pytest.mark.django_db
def test_a_payment_that_names_its_invoice_settles_it_at_once() -> None:
    invoice(3000)
    told(invoice_id="in_3000")
    assert balances() == {"gateway_clearing": 5000, "receivable": -3000, "customer_balance": -2000}


@pytest.mark.django_db
def test_a_charge_that_failed_does_not_undo_a_success() -> None:
    told()
    failed = replace(
        TRY, gateway_id="ch_0", state="failed", captured_minor=0, card_last4="0002", fee_minor=None
    )
    told(
        by_charge=True,
        state="failed",
        captured_minor=0,
        succeeded_at=None,
        as_of=later(5),
        attempts=(failed,),
    )
    payment = Payment.objects.get()
    assert (payment.state, payment.attempts.get().state) == ("succeeded", "failed")


@pytest.mark.django_db
def test_a_payment_of_nobody_has_a_customer_of_its_own() -> None:
    assert told(customer_id="").customer.gateway_id == "guest:pi_1"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_twenty_tell_of_the_same_new_payment_at_once() -> None:
    invoice(3000)
    together, failures = Barrier(20), []

    def tell() -> None:
        together.wait()
        try:
            record_payment(replace(PAID, invoice_id="in_3000", attempts=(TRY,)), actor=STRIPE, now=NOW)
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            connection.close()

    threads = [Thread(target=tell) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert (Payment.objects.count(), PaymentAttempt.objects.count()) == (1, 1)
    assert Customer.objects.filter(gateway_id="cus_1").count() == 1
    assert PaymentAllocation.objects.get().amount_minor == 3000
    assert HistoryEntry.objects.filter(subject_kind="payment", kind="created").count() == 1
    assert balances() == {
        "gateway_clearing": 4901,
        "gateway_fees": 99,
        "receivable": -3000,
        "customer_balance": -2000,
    }


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_on_ids_it_goes_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof that the test above would find a missing lock."""
    import time

    from billing.history import keeping

    def no_lock(table: str, gateway_name: str, ids: Any) -> None:
        time.sleep(0.05)

    select = keeping._compare
    monkeypatch.setattr(keeping, "lock_ids", no_lock)
    write = keeping._write

    def slow_write(*args: Any) -> None:
        time.sleep(0.1)
        write(*args)

    monkeypatch.setattr(keeping, "_write", slow_write)
    assert select is keeping._compare
    together, failures = Barrier(5), []

    def tell() -> None:
        together.wait()
        try:
            record_payment(PAID, actor=STRIPE, now=NOW)
        except Exception as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=tell) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures
