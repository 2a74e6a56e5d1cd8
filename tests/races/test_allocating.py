"""Two of the staff apply one payment to two invoices: together never more than it brought."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

import pytest

from billing.credits.models import CreditAccount
from billing.ids import form_key
from billing.models import Payment, PaymentAllocation
from billing.payments.allocating import allocate_payment
from tests.billing.payments.test_allocate import INES, NOW, a_payment, an_invoice, books
from tests.races.harness import at_once, meeting, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def both_at_once() -> tuple[Payment, list[object]]:
    payment = a_payment(10_000)
    invoices = [an_invoice(payment.customer, 10_000) for _ in range(2)]
    calls = [
        partial(
            allocate_payment, payment_id=payment.pk, shares={invoice.pk: 10_000}, reason="Theirs.",
            actor=INES, form_key=form_key(), now=NOW,
        )
        for invoice in invoices
    ]  # fmt: skip
    with (
        meeting("billing.payments.allocating.bounds_of", 2),
        meeting("billing.payments.allocating.lock_accounts", 2),
    ):
        return payment, at_once(calls)


def applied(payment: Payment) -> int:
    return sum(PaymentAllocation.objects.filter(payment=payment).values_list("amount_minor", flat=True))


@contextmanager
def without_locks() -> Iterator[None]:
    """The naive twin: payment and account are read, not locked."""

    def accounts(ids):
        return {row.pk: row for row in CreditAccount.objects.filter(pk__in=list(ids))}

    with (
        patch("billing.payments.allocating._lock_payment", lambda pk: Payment.objects.get(pk=pk)),
        patch("billing.payments.allocating.lock_accounts", accounts),
    ):
        yield


def test_one_payment_is_applied_once() -> None:
    payment, outcomes = both_at_once()
    assert len(went_through(outcomes)) == 1
    assert {each.code for each in refused(outcomes)} == {"shares_above_payment"}
    assert applied(payment) == 10_000
    assert books(payment.customer) == (10_000, 0, 0)


def test_without_the_locks_it_is_applied_twice() -> None:
    with without_locks():
        payment, outcomes = both_at_once()
    assert applied(payment) == 20_000, outcomes
