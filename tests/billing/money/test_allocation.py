from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import Money, allocate

WEIGHTS = st.lists(
    st.one_of(
        st.integers(0, 10**6),
        st.fractions(min_value=0, max_value=1000, max_denominator=1000),
        st.decimals(min_value=0, max_value=1000, places=3),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.parametrize(
    ("minor", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (101, [1, 1, 1], [34, 34, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (100, [2, 1], [67, 33]),
        (100, [1, 2], [33, 67]),
        (1, [1, 1], [1, 0]),
        (1000, [Decimal("0.07"), Decimal("0.93")], [70, 930]),
        (10, [0, 1, 0], [0, 10, 0]),
        (10, [0, 0, 0], [4, 3, 3]),
        (0, [3, 4], [0, 0]),
        (5, [Fraction(1, 3)], [5]),
        (11900, [10000, 1900], [10000, 1900]),
    ],
)
def test_largest_remainder_first_come_on_ties(minor, weights, parts):
    assert [part.minor for part in allocate(Money(minor, "EUR"), weights)] == parts


@given(st.integers(-(10**14), 10**14), WEIGHTS)
def test_parts_add_up_and_each_is_within_one_of_its_exact_share(minor, weights):
    parts = allocate(Money(minor, "EUR"), weights)
    whole = sum(Fraction(weight) for weight in weights)
    shares = [Fraction(weight) for weight in weights] if whole else [Fraction(1)] * len(weights)

    assert sum(part.minor for part in parts) == minor
    for part, share in zip(parts, shares, strict=True):
        assert abs(part.minor - minor * share / sum(shares)) < 1
        assert part.minor * minor >= 0


@given(st.integers(0, 10**9), WEIGHTS)
def test_a_negative_amount_is_shared_like_its_mirror_image(minor, weights):
    assert allocate(Money(-minor, "EUR"), weights) == [
        -part for part in allocate(Money(minor, "EUR"), weights)
    ]


@given(st.integers(1, 10**9), WEIGHTS)
def test_a_zero_weight_gets_nothing_when_another_has_some(minor, weights):
    parts = allocate(Money(minor, "EUR"), [*weights, 1])

    assert all(part.is_zero for part, weight in zip(parts, weights, strict=False) if weight == 0)


def test_nobody_a_negative_weight_and_a_float_are_refused():
    with pytest.raises(ValueError, match="nobody"):
        allocate(Money(100, "EUR"), [])
    with pytest.raises(ValueError, match="zero or more"):
        allocate(Money(100, "EUR"), [3, -1])
    with pytest.raises(TypeError):
        allocate(Money(100, "EUR"), [0.5, 0.5])  # type: ignore[list-item]
