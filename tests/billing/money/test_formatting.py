from decimal import Decimal

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from billing.money import Money, decimal_amount, format_amount, format_localized, format_money

NBSP, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (128430, "EUR", "en", "1,284.30"),
        (128430, "EUR", "de", "1.284,30"),
        (128430, "EUR", "de-DE", "1.284,30"),
        (128430, "EUR", "fr", f"1{NARROW}284,30"),
        (128430, "EUR", "sv", f"1{NBSP}284,30"),
        (12843000, "INR", "en_IN", "1,28,430.00"),
        (128430, "CHF", "de_CH", "1’284.30"),
        (5, "EUR", "en", "0.05"),
        (0, "EUR", "en", "0.00"),
        (-5, "EUR", "en", "\N{MINUS SIGN}0.05"),
        (128430, "JPY", "en", "128,430"),
        (0, "JPY", "en", "0"),
        (1284300, "KWD", "en", "1,284.300"),
        (100, "UYW", "en", "0.0100"),
        (128430, "EUR", "xx-YY", "1,284.30"),
        (128430, "EUR", "de-XY", "1.284,30"),
    ],
)
def test_amounts_as_the_desk_writes_them(minor, currency, locale, text):
    assert format_amount(minor, currency, locale) == text


def test_the_code_comes_after_and_the_minus_is_a_minus():
    assert format_money(Money(-128430, "EUR")) == "\N{MINUS SIGN}1,284.30 EUR"
    assert format_money(Money(128430, "EUR"), "de") == "1.284,30 EUR"


@pytest.mark.parametrize(
    ("money", "locale", "text"),
    [
        (Money(128430, "EUR"), "en", "€1,284.30"),
        (Money(128430, "EUR"), "de", f"1.284,30{NBSP}€"),
        (Money(128430, "EUR"), "fr-FR", f"1{NARROW}284,30{NBSP}€"),
        (Money(1284, "JPY"), "ja", "\N{FULLWIDTH YEN SIGN}1,284"),
        (Money(128430, "RSD"), "sr-Latn", f"1.284,30{NBSP}RSD"),
        (Money(-128430, "USD"), "en", "-$1,284.30"),
    ],
)
def test_amounts_as_a_customer_reads_them(money, locale, text):
    assert format_localized(money, locale) == text


@pytest.mark.parametrize(
    "locale", ["en", "de", "fr", "es", "pl", "pt_PT", "sv", "ru", "ja", "en_IN", "hi", "de_AT"]
)
@given(minor=st.integers(0, 10**15))
def test_grouping_is_that_of_babel(locale, minor):
    assert format_amount(minor, "EUR", locale) == format_decimal(
        decimal_amount(minor, "EUR"), "#,##0.00" if locale not in ("en_IN", "hi") else "#,##,##0.00", locale
    )


@given(st.integers(-(10**40), 10**40))
def test_no_amount_is_too_large_to_be_exact(minor):
    assert decimal_amount(minor, "EUR").as_tuple() == Decimal(f"{minor}e-2").as_tuple()
    written = format_amount(minor, "EUR").replace(",", "").replace(".", "").replace("\N{MINUS SIGN}", "-")
    assert int(written) == minor


@pytest.mark.parametrize("minor", [1.0, True, "1", Decimal(1)])
def test_only_whole_minor_units_are_written(minor):
    with pytest.raises(TypeError):
        format_amount(minor, "EUR")
