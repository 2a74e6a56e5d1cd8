from decimal import Decimal

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from billing.errors import InvalidInput
from billing.money import MAX_MINOR, Money, exponent, format_amount, format_money, is_currency

CODES = (
    "en en_GB en_IN de de_CH de_AT fr fr_CA es it nl pl pt pt_BR sv nb fi da cs ru uk tr el ja zh ko hi ar"
)
LOCALES = CODES.split()
CURRENCIES = sorted(code for code in Locale("en").currencies if is_currency(code))


@pytest.mark.parametrize(
    ("text", "currency", "locale", "minor"),
    [
        ("1,284.30", "EUR", "en", 128430),
        ("1284.3", "EUR", "en", 128430),
        ("1284", "EUR", "en", 128400),
        ("1.284,30", "EUR", "de", 128430),
        ("1284,30", "EUR", "de", 128430),
        ("1.284", "EUR", "de", 128400),
        ("1 284,30", "EUR", "fr", 128430),
        ("1’284.30", "CHF", "de_CH", 128430),
        ("1'284.30", "CHF", "de_CH", 128430),
        ("1,28,430.00", "INR", "en_IN", 12843000),
        ("128,430.00", "INR", "en_IN", 12843000),
        (" 49.00 ", "EUR", "en", 4900),
        (".5", "EUR", "en", 50),
        ("+49.00", "EUR", "en", 4900),
        ("0049.00", "EUR", "en", 4900),
        ("49.00 EUR", "EUR", "en", 4900),
        ("eur 49", "EUR", "en", 4900),
        ("€49.00", "EUR", "en", 4900),
        ("49,00 €", "EUR", "de", 4900),
        ("$49", "USD", "en", 4900),
        ("$49", "CAD", "en", 4900),
        ("4,900", "JPY", "en", 4900),
        ("1.284", "KWD", "en", 1284),
        ("1,284.000", "KWD", "en", 1284000),
        ("١٢٨٤.٣٠", "EUR", "en", 128430),
        ("1,000,000.00", "EUR", "en", MAX_MINOR),
    ],
)
def test_an_amount_as_people_write_it(text, currency, locale, minor):
    assert Money.parse(text, currency, locale) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency", "locale", "code", "says"),
    [
        ("", "EUR", "en", "amount_empty", "for example 49.00"),
        ("   ", "EUR", "de", "amount_empty", "for example 49,00"),
        ("forty", "EUR", "en", "amount_not_a_number", "“forty” is not an amount"),
        ("1e5", "EUR", "en", "amount_not_a_number", "write it like 49.00"),
        ("NaN", "EUR", "en", "amount_not_a_number", "write it like"),
        ("Infinity", "EUR", "en", "amount_not_a_number", "write it like"),
        ("0x10", "EUR", "en", "amount_not_a_number", "write it like"),
        ("--5", "EUR", "en", "amount_not_a_number", "write it like"),
        ("5-", "EUR", "en", "amount_not_a_number", "write it like"),
        ("=1+1", "EUR", "en", "amount_not_a_number", "write it like"),
        ("x" * 500, "EUR", "en", "amount_not_a_number", "…”"),
        ("0", "EUR", "en", "amount_zero", "above zero"),
        ("0.00", "EUR", "en", "amount_zero", "above zero"),
        ("-0.00", "EUR", "en", "amount_zero", "above zero"),
        ("-5", "EUR", "en", "amount_negative", "without the minus"),
        ("\N{MINUS SIGN}5.00", "EUR", "en", "amount_negative", "without the minus"),
        ("49.001", "EUR", "en", "amount_too_precise", "EUR has 2 decimals"),
        ("49.000", "EUR", "en", "amount_too_precise", "EUR has 2 decimals"),
        ("49.5", "JPY", "en", "amount_too_precise", "JPY has no decimals"),
        ("49.0001", "KWD", "en", "amount_too_precise", "KWD has 3 decimals"),
        ("1,28", "EUR", "en", "amount_ambiguous", "more than one way"),
        ("1284,30", "EUR", "en", "amount_ambiguous", "more than one way"),
        ("1.284,30", "EUR", "en", "amount_ambiguous", "write the amount like 49.00"),
        ("1,284.30", "EUR", "de", "amount_ambiguous", "write the amount like 49,00"),
        ("49.00", "EUR", "de", "amount_ambiguous", "write the amount like 49,00"),
        ("1,284", "KWD", "en", "amount_ambiguous", "more than one way"),
        ("1.284", "KWD", "de", "amount_ambiguous", "more than one way"),
        ("1,2,3", "EUR", "en", "amount_ambiguous", "more than one way"),
        ("0,284", "EUR", "en", "amount_ambiguous", "more than one way"),
        ("1.2.3", "EUR", "en", "amount_ambiguous", "more than one way"),
        ("49.", "EUR", "en", "amount_ambiguous", "more than one way"),
        ("49.00 USD", "EUR", "en", "amount_wrong_currency", "in EUR, not USD"),
        ("$49", "EUR", "en", "amount_wrong_currency", "in EUR, not USD"),
        ("1,000,000.01", "EUR", "en", "amount_too_large", "above 1,000,000.00 EUR"),
        ("100000001", "JPY", "en", "amount_too_large", "above 100,000,000 JPY"),
        ("9" * 400, "EUR", "en", "amount_too_large", "enter a smaller one"),
        ("9" * 5000, "EUR", "en", "amount_too_large", "enter a smaller one"),
    ],
)
def test_what_is_refused_and_what_the_sentence_tells_to_do(text, currency, locale, code, says):
    with pytest.raises(InvalidInput) as refusal:
        Money.parse(text, currency, locale, field="refund_amount")

    assert refusal.value.code == code
    assert refusal.value.field == "refund_amount"
    assert says in str(refusal.value)
    assert len(str(refusal.value)) < 200


def test_zero_and_negative_where_a_form_allows_them():
    assert Money.parse("0", "EUR", allow_zero=True) == Money(0, "EUR")
    assert Money.parse("-5.25", "EUR", allow_negative=True) == Money(-525, "EUR")
    with pytest.raises(InvalidInput, match="above"):
        Money.parse("-2,000,000", "EUR", allow_negative=True)


@pytest.mark.parametrize("text", [49.0, 49, Decimal(49), None, b"49"])
def test_only_text_is_parsed(text):
    with pytest.raises(TypeError):
        Money.parse(text, "EUR")


@pytest.mark.parametrize("locale", LOCALES)
@given(minor=st.integers(1, MAX_MINOR), currency=st.sampled_from(CURRENCIES))
def test_what_is_written_is_read_back_in_every_locale_and_currency(locale, minor, currency):
    money = Money(minor, currency)

    assert Money.parse(format_amount(minor, currency, locale), currency, locale) == money
    assert Money.parse(format_money(money, locale), currency, locale) == money
    assert Money.parse(format_money(-money, locale), currency, locale, allow_negative=True) == -money


@given(
    text=st.text(max_size=30) | st.text(alphabet="0123456789., -'", max_size=20),
    locale=st.sampled_from(LOCALES),
)
def test_any_text_is_an_amount_within_the_limit_or_a_refusal(text, locale):
    for currency in ("EUR", "JPY", "KWD"):
        try:
            money = Money.parse(text, currency, locale)
        except InvalidInput as refusal:
            assert refusal.sentence.endswith((".", "sum"))
        else:
            assert 0 < money.minor <= MAX_MINOR


@given(whole=st.integers(0, 99_999), fraction=st.integers(0, 9999), places=st.integers(1, 4))
def test_no_digit_is_ever_rounded_away(whole, fraction, places):
    text = f"{whole}.{str(fraction)[:places].rjust(places, '0')}"
    for currency in ("JPY", "EUR", "KWD"):
        try:
            money = Money.parse(text, currency, allow_zero=True)
        except InvalidInput as refusal:
            assert refusal.code == "amount_too_precise"
            assert places > exponent(currency)
        else:
            assert Decimal(money.minor).scaleb(-exponent(currency)) == Decimal(text)
