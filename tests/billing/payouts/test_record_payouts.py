"""What gateways tell of payouts: the money posts when it arrives, once, and back when the bank returns it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from billing.errors import InvalidInput
from billing.gateways.facts import PayoutFact
from billing.history.actors import gateway
from billing.models import HistoryEntry, Payout, Posting, PostingLine
from billing.payouts.services import record_payouts

STRIPE = gateway("stripe")
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
FACT = PayoutFact("stripe", "po_1", "pending", "EUR", 97_260, NOW, NOW, date(2026, 11, 17))

pytestmark = pytest.mark.django_db


def told(minutes: int, **more: Any) -> Payout:
    fact = replace(FACT, as_of=NOW + timedelta(minutes=minutes), **more)
    return record_payouts([fact], actor=STRIPE, now=NOW)[fact.gateway_id].row


def balances() -> dict[str, int]:
    totals: dict[str, int] = {}
    for account, minor in PostingLine.objects.values_list("account", "amount_minor"):
        totals[account] = totals.get(account, 0) + minor
    return {account: minor for account, minor in totals.items() if minor}


def test_the_money_is_at_the_bank_once_it_is_paid() -> None:
    payout = told(0)
    assert payout.reference.startswith("PYT-20261118-")
    told(1, state="in_transit")
    assert balances() == {}
    told(2, state="paid")
    told(3, state="paid", is_reconciled=True)
    assert balances() == {"bank": 97_260, "gateway_clearing": -97_260}
    posting = Posting.objects.get()
    assert posting.cause == f"payout.paid:{payout.reference}"
    assert (posting.effective_on, posting.customer_id) == (date(2026, 11, 17), None)
    assert Payout.objects.get().is_reconciled


def test_one_that_the_bank_returns_is_taken_back_and_may_be_paid_again() -> None:
    told(0, state="paid")
    told(1, state="failed", failure_code="account_closed", failure_message="The account is closed.")
    assert balances() == {}
    assert Posting.objects.filter(reverses__isnull=False).count() == 1
    told(2, state="paid")
    assert balances() == {"bank": 97_260, "gateway_clearing": -97_260}
    told(3, state="failed")
    assert balances() == {}


def test_what_the_gateway_takes_from_our_bank_goes_the_other_way() -> None:
    told(0, state="paid", amount_minor=-1200)
    assert balances() == {"bank": -1200, "gateway_clearing": 1200}
    assert Posting.objects.get().fact == "payout.taken"
    told(1, state="failed", amount_minor=-1200)
    assert balances() == {}


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_any_order_twice_ends_the_same(order: tuple[int, ...]) -> None:
    states = ["pending", "in_transit", "paid", "failed"]
    for number in (*order, *order):
        told(number, state=states[number])
    assert balances() == {}
    assert Payout.objects.get().state == "failed"


def test_told_twice_leaves_no_trace() -> None:
    told(0, state="paid")
    before = HistoryEntry.objects.count()
    told(0, state="paid")
    assert HistoryEntry.objects.count() == before


def test_one_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput, match="pays out nothing"):
        told(0, amount_minor=0)


def test_the_database_refuses_a_move_that_is_not_listed() -> None:
    payout = told(0, state="canceled")
    with (
        pytest.raises(IntegrityError, match="payout cannot go from canceled to pending"),
        transaction.atomic(),
    ):
        Payout.objects.filter(pk=payout.pk).update(state="pending")
