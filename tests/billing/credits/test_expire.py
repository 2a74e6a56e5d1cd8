"""Lots come to their end: told once, taken once, booked."""

import pytest

from billing.credits import services
from billing.credits.models import CreditEntry, CreditLot
from billing.ledger import rules as ledger
from billing.ledger.services import post
from billing.money import Money
from tests import make
from tests.billing.credits.desk import (
    DAY,
    NOW,
    WORKER,
    account,
    assert_sound,
    booked,
    burn,
    by_hand,
    grant,
    lots,
)  # fmt: skip

pytestmark = pytest.mark.django_db


def expire(now=NOW + DAY) -> int:
    return services.expire_due(actor=WORKER, now=now)


def test_takes_only_what_is_left_in_what_has_ended():
    customer = make.customer()
    grant(customer, 10, expires_at=NOW + DAY)
    grant(customer, 10, expires_at=NOW + 2 * DAY)
    burn(customer, 4)
    assert expire(NOW + DAY * 0.9) == 0
    assert expire() == 1
    assert lots(customer) == [("goodwill", 10, 0), ("goodwill", 10, 10)]
    assert expire() == 0
    assert account(customer).balance == 10
    assert CreditEntry.objects.filter(movement="expire").get().amount == -6
    assert_sound()


def test_goes_on_over_batches(monkeypatch):
    monkeypatch.setattr("billing.credits.expiring.BATCH", 2)
    for _ in range(5):
        grant(make.customer(), 10, expires_at=NOW + DAY)
    assert expire() == 5
    assert_sound()


def test_a_package_that_ends_unused_is_breakage():
    customer = make.customer()
    grant(customer, 3, source="purchase", sold=Money(1000, "EUR"), expires_at=NOW + DAY)
    burn(customer, 1)
    expire()
    assert booked() == {"deferred_revenue": 1000, "revenue": -333, "breakage": -667}


def test_given_store_credit_that_ends_goes_back_to_goodwill():
    customer = make.customer()
    given = {"customer_id": customer.pk, "amount": Money(1500, "EUR"), "expires_at": NOW + DAY}
    services.give_store_credit(**given, **by_hand())
    services.use_store_credit(
        customer_id=customer.pk, amount=Money(500, "EUR"), actor=WORKER, now=NOW, key="use"
    )
    assert expire() == 1
    assert booked() == {"receivable": -500, "goodwill": 500}
    assert account(customer, "money", "EUR").balance == 0
    assert_sound()


def test_store_credit_that_was_paid_for_is_breakage():
    customer = make.customer()
    draft = ledger.payment_succeeded("PAY-1", amount=Money(1500, "EUR"), owed=Money(0, "EUR"))
    post(draft, actor=WORKER, now=NOW, customer_id=customer.pk)
    services.move_expiry(lot_id=CreditLot.objects.get().pk, expires_at=NOW + DAY, **by_hand())
    assert expire() == 1
    assert booked() == {"gateway_clearing": 1500, "breakage": -1500}
    assert_sound()


def test_who_is_to_be_told_is_told_once_for_each_date():
    customer = make.customer()
    soon = grant(customer, 10, expires_at=NOW + 3 * DAY).lot_id
    grant(customer, 10, expires_at=NOW + 30 * DAY)
    grant(customer, 10)
    (told,) = services.warn_before_expiry(actor=WORKER, now=NOW)
    assert (told.customer_id, told.lot_id, told.amount, told.expires_at) == (
        customer.pk, soon, 10, NOW + 3 * DAY,
    )  # fmt: skip
    assert services.warn_before_expiry(actor=WORKER, now=NOW + DAY) == []
    services.move_expiry(lot_id=soon, expires_at=NOW + 5 * DAY, **by_hand())
    assert [each.lot_id for each in services.warn_before_expiry(actor=WORKER, now=NOW)] == [soon]


def test_an_expiry_undone_can_end_again():
    customer = make.customer()
    grant(customer, 10, expires_at=NOW + DAY)
    expire()
    services.reverse(entry_id=CreditEntry.objects.get(movement="expire").pk, **by_hand(now=NOW + DAY))
    assert CreditLot.objects.get().remainder == 10
    assert expire() == 1
    assert_sound()
