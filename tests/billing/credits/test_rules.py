"""Which lots pay, what goes back, what is earned: tables, and what holds for any numbers."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.credits.rules import (
    Claw,
    Lot,
    Part,
    burn_order,
    claw_target,
    earned,
    plan_burn,
    plan_claw,
    plan_grant,
    put_back,
    spendable,
)

NOW = datetime(2026, 11, 18, tzinfo=UTC)
DAY = timedelta(days=1)


def lot(number: int, left: int = 10, *, amount: int = 10, ends: int | None = None, **more) -> Lot:
    return Lot(
        number, amount, left, more.pop("granted_at", NOW - 9 * DAY),
        None if ends is None else NOW + ends * DAY, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lots", "first"),
    [
        ([lot(1), lot(2, priority=10)], 2),
        ([lot(1, ends=9), lot(2, ends=8)], 2),
        ([lot(1), lot(2, ends=900)], 2),
        ([lot(1, ends=1), lot(2, priority=10)], 2),
        ([lot(1, paid_for=True), lot(2)], 2),
        ([lot(1, paid_for=True, ends=5), lot(2)], 1),
        ([lot(1), lot(2, granted_at=NOW - 20 * DAY)], 2),
        ([lot(1, granted_at=NOW - 20 * DAY, paid_for=True), lot(2)], 2),
        ([lot(2), lot(1)], 1),
    ],
    ids=[
        "lowest priority", "soonest end", "an end before none", "priority before end",
        "granted before paid for", "end before paid for", "oldest", "paid for before oldest", "first written",
    ],
)  # fmt: skip
def test_burn_order(lots, first):
    assert min(lots, key=burn_order).id == first
    assert plan_burn(lots, 1, NOW).parts == (Part(first, -1),)


def test_takes_lot_after_lot_and_says_what_is_missing():
    plan = plan_burn([lot(1, 4), lot(2, 3), lot(3, 5)], 9, NOW)
    assert plan.parts == (Part(1, -4), Part(2, -3), Part(3, -2))
    assert (plan.taken, plan.missing) == (9, 0)
    assert plan_burn([lot(1, 4)], 9, NOW).missing == 5


def test_a_lot_that_ends_now_pays_nothing_and_a_debt_neither():
    ended, debt = lot(1, ends=0), Lot(2, 0, -7, NOW, is_debt=True)
    assert spendable([ended, debt, lot(3, 6)], NOW) == 6
    assert plan_burn([ended, debt], 1, NOW).parts == ()


@pytest.mark.parametrize(("debt", "amount", "split"), [(0, 9, (0, 9)), (4, 9, (4, 5)), (20, 9, (9, 0))])
def test_a_grant_pays_debt_first(debt, amount, split):
    assert plan_grant(debt, amount) == split


@pytest.mark.parametrize(
    ("granted", "returned", "paid", "target"),
    [
        (1000, 0, 9900, 0), (1000, 9900, 9900, 1000), (1000, 4950, 9900, 500), (1000, 1, 9900, 0),
        (1000, 5, 9900, 1), (3, 1, 2, 2), (1000, 19_800, 9900, 1000), (1000, 10, 0, 0),
    ],
)  # fmt: skip
def test_a_clawback_is_in_proportion(granted, returned, paid, target):
    assert claw_target(granted, returned_minor=returned, paid_minor=paid) == target


def test_a_clawback_takes_from_its_own_lot_then_in_burn_order_then_owes():
    grant = lot(2, 4)
    lots = [lot(1, 3), grant, lot(3, 2, ends=1)]
    claw = plan_claw(lots, grant, target=10, gone_back=0, at=NOW, may_owe=True)
    assert claw == Claw((Part(2, -4), Part(3, -2), Part(1, -3)), 1, 0)
    assert plan_claw(lots, grant, target=10, gone_back=0, at=NOW, may_owe=False).forgiven == 1


@pytest.mark.parametrize("returned", [(9900,), (4950, 9900), (3000, 7000, 9900), (4950,)])
def test_the_order_of_expiry_and_clawback_does_not_matter(returned):
    """100 granted, 40 used, the rest expires before, between or after."""
    ends = []
    for expires_before in range(len(returned) + 1):
        left, gone, owed = 60, 0, 0
        for place, minor in enumerate([*returned, None]):
            if place == expires_before:
                left, gone = 0, gone + left
            if minor is None:
                break
            target = claw_target(100, returned_minor=minor, paid_minor=9900)
            grant = lot(1, left, amount=100)
            claw = plan_claw([grant], grant, target=target, gone_back=gone, at=NOW, may_owe=True)
            taken = -sum(part.amount for part in claw.parts)
            left, owed, gone = left - taken, owed + claw.owed, gone + taken + claw.owed
        ends.append(owed)
    assert len(set(ends)) == 1


def test_what_is_put_back_pays_the_debt_first_and_finds_room():
    lots = [lot(1, 2), lot(2, 9), Lot(3, 0, -4, NOW, is_debt=True)]
    back = put_back(lots, [Part(1, -6), Part(2, -3)])
    assert back.parts == (Part(3, 4), Part(1, 5))
    assert back.left_over == 0
    full = put_back([lot(1, 10), lot(2, 9)], [Part(1, -6), Part(2, -3)])
    assert (full.parts, full.left_over) == ((Part(2, 1),), 8)


@given(
    sold=st.integers(1, 10**9),
    amount=st.integers(1, 10**6),
    steps=st.lists(st.floats(0, 1), max_size=8),
)
def test_what_is_earned_adds_up_to_the_price(sold, amount, steps):
    stops = [amount, *sorted((int(step * amount) for step in steps), reverse=True), 0]
    shares = [earned(sold, amount, before=a, after=b) for a, b in pairwise(stops)]
    assert sum(shares) == sold
    assert all(share >= 0 for share in shares)
    assert earned(sold, amount, before=0, after=amount) == -sold
