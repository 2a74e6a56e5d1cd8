"""Exact numbers to whole minor units. Each takes an exact number and refuses a float."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

__all__ = ["Exact", "Rounding", "exact", "round_half_away", "round_half_even", "truncate"]

type Exact = int | Decimal | Fraction
type Rounding = Callable[[Exact], int]


def exact(number: Exact) -> Fraction:
    """The number as a fraction, nothing lost. Floats and truth values: TypeError; NaN: ValueError."""
    if isinstance(number, bool) or not isinstance(number, int | Decimal | Fraction):
        raise TypeError(f"money is counted in int, Decimal or Fraction, not {type(number).__name__}")
    if isinstance(number, Decimal) and not number.is_finite():
        raise ValueError(f"{number} is not a number to count with")
    return Fraction(number)


def round_half_away(number: Exact) -> int:
    """Nearest whole unit, a half away from zero: 0.5 → 1, -0.5 → -1."""
    value = exact(number)
    whole = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return whole if value >= 0 else -whole


def round_half_even(number: Exact) -> int:
    """Nearest whole unit, a half to the even neighbour: 0.5 → 0, 1.5 → 2."""
    return round(exact(number))


def truncate(number: Exact) -> int:
    """Towards zero: 0.9 → 0, -0.9 → 0."""
    return int(exact(number))
