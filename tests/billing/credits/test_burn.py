"""Using units: the order, what is missing, once."""

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from billing.credits import rules
from billing.credits.models import CreditEntry, CreditLot
from billing.credits.queries import preview_burn
from billing.credits.services import Moved, Short
from billing.errors import Conflict, InvalidInput
from billing.ids import form_key
from tests import make
from tests.billing.credits.desk import DAY, NOW, account, assert_sound, burn, grant, lots, renewal

pytestmark = pytest.mark.django_db


def test_takes_in_burn_order_and_names_the_lots():
    customer = make.customer()
    bought = grant(customer, 10, source="purchase").lot_id
    given = grant(customer, 10, now=NOW + DAY).lot_id
    soon = grant(customer, 10, expires_at=NOW + 9 * DAY).lot_id
    moved = burn(customer, 25, now=NOW + 2 * DAY, subject=("usage", 42))
    assert isinstance(moved, Moved)
    assert moved.parts == ((soon, -10), (given, -10), (bought, -5))
    assert moved.balance_after == 5
    assert CreditEntry.objects.get(pk=moved.entry_id).subject_id == 42
    assert_sound()


def test_too_few_is_an_answer_that_says_what_is_missing_and_when():
    held = make.subscription()
    grant(held.customer, 10, of=renewal(held), source="tier_grant", expires_at=NOW + 9 * DAY)
    grant(held.customer, 5)
    answer = burn(held.customer, 40)
    assert answer == Short(40, 15, NOW + 9 * DAY, held.current_period_end)
    assert answer.missing == 25
    assert account(held.customer).balance == 15
    assert CreditEntry.objects.count() == 2


@pytest.mark.parametrize("ended", [{"state": "canceled"}, {"cancel_at_period_end": True}])
def test_nothing_arrives_from_a_subscription_that_ends(ended):
    held = make.subscription()
    grant(held.customer, 10, of=renewal(held), source="tier_grant")
    type(held).objects.filter(pk=held.pk).update(**ended)
    assert burn(held.customer, 40).next_arrival is None


def test_no_account_is_an_answer_and_leaves_a_line():
    with capture_logs() as logs:
        assert burn(make.customer(), 40) == Short(40, 0)
    assert [line["event"] for line in logs if line.get("odd")] == ["credits.no_account"]


def test_what_has_expired_but_was_not_taken_yet_pays_nothing():
    customer = make.customer()
    grant(customer, 10, expires_at=NOW + DAY)
    assert burn(customer, 1, now=NOW + DAY) == Short(1, 0)
    assert isinstance(burn(customer, 1, now=NOW + DAY * 0.99), Moved)


def test_the_same_key_uses_once():
    customer, key = make.customer(), form_key()
    grant(customer, 10)
    first = burn(customer, 6, key=key)
    again = burn(customer, 6, key=key)
    assert (again.entry_id, again.repeated, again.parts) == (first.entry_id, True, first.parts)
    with pytest.raises(Conflict):
        burn(customer, 5, key=key)
    with pytest.raises(Conflict):
        burn(customer, 6, key=key, subject=("usage", 1))
    assert account(customer).balance == 4


@pytest.mark.parametrize("wrong", [{"amount": 0}, {"amount": -1}, {"unit": "money"}, {"unit": "days"}])
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(InvalidInput):
        burn(make.customer(), **{"amount": 1, **wrong})


LOTS = st.lists(
    st.tuples(
        st.integers(1, 30), st.sampled_from([1, 100, 200]), st.sampled_from([None, 0, 1, 2, 3]),
        st.booleans(), st.integers(0, 2),
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip


@settings(max_examples=25)
@given(given_lots=LOTS, amounts=st.lists(st.integers(1, 40), min_size=1, max_size=3))
def test_the_database_takes_what_the_rule_says(given_lots, amounts):
    with transaction.atomic():
        agree(given_lots, amounts)
        transaction.set_rollback(True)


def agree(given_lots, amounts):
    customer = make.customer()
    for amount, priority, ends, paid_for, granted in given_lots:
        grant(
            customer, amount, priority=priority, now=NOW - (9 - granted) * DAY,
            expires_at=None if ends is None else NOW + ends * DAY,
            source="purchase" if paid_for else "tier_grant",
        )  # fmt: skip
    for amount in amounts:
        plan = preview_burn(account(customer), amount, now=NOW)
        answer = burn(customer, amount)
        if plan.missing:
            assert answer.missing == plan.missing
        else:
            assert answer.parts == tuple((part.lot_id, part.amount) for part in plan.parts)
    assert_sound()


def test_a_long_row_of_used_up_lots_is_not_read():
    customer = make.customer()
    for _ in range(3):
        grant(customer, 5)
        burn(customer, 5)
    assert lots(customer) == [("goodwill", 5, 0)] * 3
    assert not CreditLot.objects.filter(is_open=True).exists()
    assert rules.spendable([], NOW) == 0
