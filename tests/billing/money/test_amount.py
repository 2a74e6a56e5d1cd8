from decimal import Decimal
from fractions import Fraction

import pytest

from billing.money import CurrencyMismatch, Money, round_half_even, sum_by_currency, truncate


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.mark.parametrize("minor", [1.0, 12.5, True, "12", Decimal(12), Fraction(12), None])
def test_minor_units_are_an_int_and_nothing_else(minor):
    with pytest.raises(TypeError):
        Money(minor, "EUR")


@pytest.mark.parametrize("currency", ["eur", "EU", "EURO", "", "QQQ", "XXX", "XAU", "€"])
def test_a_currency_is_an_iso_code_in_capitals(currency):
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(100, currency)


def test_money_cannot_be_changed():
    with pytest.raises(AttributeError):
        eur(100).minor = 200  # type: ignore[misc]


def test_sums_of_one_currency():
    assert eur(1250) + eur(-250) == eur(1000)
    assert eur(1250) - eur(2000) == eur(-750)
    assert -eur(5) == eur(-5)
    assert abs(eur(-5)) == eur(5)
    assert Money.zero("JPY") == Money(0, "JPY")
    assert (eur(0).is_zero, eur(1).is_positive, eur(-1).is_negative) == (True, True, True)
    assert (eur(1).is_zero, eur(0).is_positive, eur(0).is_negative) == (False, False, False)


def test_comparisons_of_one_currency():
    assert eur(1) < eur(2) <= eur(2)
    assert eur(3) > eur(2) >= eur(2)
    assert max(eur(1), eur(9), eur(4)) == eur(9)
    assert eur(5) != Money(5, "USD")
    assert len({eur(5), eur(5), Money(5, "USD")}) == 2


@pytest.mark.parametrize(
    "meet",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
    ],
)
def test_two_currencies_never_meet_and_money_meets_only_money(meet):
    with pytest.raises(CurrencyMismatch):
        meet(eur(100), Money(100, "USD"))
    for other in (100, 1.0, Decimal(1), None):
        with pytest.raises(TypeError):
            meet(eur(100), other)


def test_times_an_exact_factor_rounds_once_half_away_from_zero():
    assert eur(1005).times(Decimal("0.5")) == eur(503)
    assert eur(-1005).times(Fraction(1, 2)) == eur(-503)
    assert eur(1005).times(Decimal("0.5"), truncate) == eur(502)
    assert eur(1005).times(Decimal("0.5"), round_half_even) == eur(502)
    assert eur(333).times(3) == eur(999)


@pytest.mark.parametrize("factor", [0.5, True, "2", None])
def test_times_refuses_what_is_not_exact(factor):
    with pytest.raises(TypeError):
        eur(100).times(factor)


def test_there_is_no_bare_multiplication_or_division():
    with pytest.raises(TypeError):
        eur(100) * 2  # type: ignore[operator]
    with pytest.raises(TypeError):
        eur(100) / 2  # type: ignore[operator]


def test_total_is_zero_of_its_currency_for_none_and_refuses_a_stranger():
    assert Money.total([], "GBP") == Money(0, "GBP")
    assert Money.total([eur(1), eur(2)], "EUR") == eur(3)
    with pytest.raises(CurrencyMismatch):
        Money.total([eur(1), Money(1, "USD")], "EUR")


def test_sum_by_currency_keeps_currencies_apart():
    amounts = [Money(5, "USD"), eur(1), Money(-2, "USD"), eur(2)]

    assert sum_by_currency(amounts) == {"EUR": eur(3), "USD": Money(3, "USD")}
    assert list(sum_by_currency(amounts)) == ["EUR", "USD"]
    assert sum_by_currency([]) == {}


def test_money_reads_as_amount_and_code():
    assert str(eur(-128430)) == "\N{MINUS SIGN}1,284.30 EUR"
