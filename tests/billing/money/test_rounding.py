from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import round_half_away, round_half_even, truncate

EXACT = st.one_of(
    st.integers(-(10**12), 10**12),
    st.fractions(max_denominator=10**6),
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9),
)


@pytest.mark.parametrize(
    ("number", "away", "even", "cut"),
    [
        ("0.5", 1, 0, 0),
        ("-0.5", -1, 0, 0),
        ("1.5", 2, 2, 1),
        ("2.5", 3, 2, 2),
        ("-2.5", -3, -2, -2),
        ("2.4999999999999999999999999999", 2, 2, 2),
        ("-0.4", 0, 0, 0),
        ("7", 7, 7, 7),
    ],
)
def test_three_ways_to_round(number, away, even, cut):
    assert round_half_away(Decimal(number)) == round_half_away(Fraction(number)) == away
    assert round_half_even(Decimal(number)) == even
    assert truncate(Decimal(number)) == cut


@given(EXACT)
def test_half_away_is_never_off_by_more_than_a_half_and_mirrors(number):
    rounded = round_half_away(number)

    assert abs(Fraction(number) - rounded) <= Fraction(1, 2)
    assert round_half_away(-number) == -rounded


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9))
def test_half_away_agrees_with_the_decimal_module(number):
    assert round_half_away(number) == int(number.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize("rounding", [round_half_away, round_half_even, truncate])
def test_a_float_is_never_rounded_into_money(rounding):
    for number in (0.5, True, "1"):
        with pytest.raises(TypeError):
            rounding(number)
    for number in (Decimal("NaN"), Decimal("Infinity")):
        with pytest.raises(ValueError, match="count"):
            rounding(number)
