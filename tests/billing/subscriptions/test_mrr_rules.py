from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.subscriptions.mrr import classify_movement, monthly_minor


@pytest.mark.parametrize(
    ("amount", "quantity", "unit", "count", "monthly"),
    [
        (4900, 1, "month", 1, 4900),
        (4900, 7, "month", 1, 34300),
        (12000, 1, "year", 1, 1000),
        (49000, 1, "year", 1, 4083),  # 4083.33
        (50000, 1, "year", 1, 4167),  # 4166.67
        (18, 1, "year", 1, 2),  # 1.5, half away from zero
        (6, 1, "year", 1, 1),  # 0.5
        (5, 1, "year", 1, 0),
        (14700, 1, "month", 3, 4900),
        (10000, 1, "month", 3, 3333),
        (24000, 1, "year", 2, 1000),
        (1200, 1, "week", 1, 5200),
        (1000, 1, "week", 2, 2167),
        (100, 1, "day", 1, 3042),  # 3041.67
        (3000, 1, "day", 30, 3042),
        (0, 5, "month", 1, 0),
        (4900, 0, "month", 1, 0),
        (5, 3, "year", 1, 1),  # the item is rounded once, not each seat
    ],
)
def test_a_price_in_a_month(amount, quantity, unit, count, monthly):
    assert monthly_minor(amount, quantity, unit, count) == monthly


def test_a_discount_for_ever_is_taken_off_before_the_month_is():
    assert monthly_minor(12000, 1, "year", 1, discount_minor=2400) == 800
    assert monthly_minor(4900, 2, "month", 1, discount_minor=1000) == 8800
    assert monthly_minor(4900, 1, "month", 1, discount_minor=9900) == 0


@pytest.mark.parametrize(
    ("args", "discount"),
    [((-1, 1, "month", 1), 0), ((1, -1, "month", 1), 0), ((1, 1, "month", 0), 0), ((1, 1, "month", 1), -1)],
)
def test_negative_figures_and_no_interval_are_refused(args, discount):
    with pytest.raises(ValueError, match=r"at least|zero or more"):
        monthly_minor(*args, discount_minor=discount)


@given(
    st.integers(0, 10**9),
    st.integers(0, 1000),
    st.sampled_from(["day", "week", "month", "year"]),
    st.integers(1, 12),
)
def test_a_year_of_months_is_a_year_of_the_price_within_a_rounding(amount, quantity, unit, count):
    per_year = {"day": 365, "week": 52, "month": 12, "year": 1}[unit]
    exact = Fraction(amount * quantity * per_year, count * 12)

    assert abs(monthly_minor(amount, quantity, unit, count) - exact) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("before", "after", "ever_paid", "cause", "kind", "amount"),
    [
        (0, 4900, False, "changed", "new", 4900),
        (0, 4900, True, "changed", "reactivation", 4900),
        (4900, 9900, True, "changed", "expansion", 5000),
        (9900, 4900, True, "changed", "contraction", -5000),
        (4900, 0, True, "changed", "churn", -4900),
        (4900, 0, True, "paused", "contraction", -4900),
        (9900, 4900, True, "paused", "contraction", -5000),
        (0, 4900, True, "resumed", "expansion", 4900),
        (4900, 9900, True, "resumed", "expansion", 5000),
        (0, 4900, False, "resumed", "new", 4900),  # a trial was paused, and has become a subscription
        (4900, 5100, True, "fx", "fx", 200),
        (5100, 4900, True, "fx", "fx", -200),
    ],
)
def test_what_a_change_is_called(before, after, ever_paid, cause, kind, amount):
    assert classify_movement(before, after, ever_paid, cause) == [(kind, amount)]


@pytest.mark.parametrize("cause", ["changed", "paused", "resumed", "fx"])
def test_no_change_is_no_movement(cause):
    assert classify_movement(4900, 4900, True, cause) == []
    assert classify_movement(0, 0, False, cause) == []


def test_mrr_is_never_below_zero():
    for before, after in ((-1, 0), (0, -1)):
        with pytest.raises(ValueError, match="zero or more"):
            classify_movement(before, after, True, "changed")


STEPS = st.lists(
    st.tuples(st.integers(0, 10**7) | st.just(0), st.sampled_from(["changed", "paused", "resumed", "fx"])),
    max_size=20,
)


@given(st.integers(0, 10**7), STEPS)
def test_opening_and_all_movements_are_the_closing(opening, steps):
    level, ever_paid, movements = opening, opening > 0, []
    for after, cause in steps:
        movements += classify_movement(level, after, ever_paid, cause)
        level, ever_paid = after, ever_paid or after > 0

    assert opening + sum(amount for _, amount in movements) == level
    assert sum(kind == "new" for kind, _ in movements) <= 1
    assert all(amount > 0 for kind, amount in movements if kind in ("new", "reactivation", "expansion"))
    assert all(amount < 0 for kind, amount in movements if kind in ("contraction", "churn"))
