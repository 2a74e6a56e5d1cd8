"""Amounts as people read them."""

from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from babel import Locale
from babel.core import UnknownLocaleError
from babel.numbers import NumberPattern, get_decimal_symbol, get_group_symbol

from billing.money.currencies import exponent

if TYPE_CHECKING:
    from billing.money.amount import Money

__all__ = ["DEFAULT_LOCALE", "MINUS", "decimal_amount", "format_amount", "format_localized", "format_money"]

DEFAULT_LOCALE = "en"
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Notation:
    """How a locale writes numbers: "1.284,30" is decimal "," group "." with groups of 3, then 3."""

    decimal: str
    group: str
    first_group: int
    next_groups: int


@cache
def find_locale(name: str) -> Locale:
    """The locale, else its language, else English: a customer's odd locale must not stop a letter."""
    for candidate in (name, name.replace("_", "-").split("-")[0]):
        try:
            return Locale.parse(candidate.replace("-", "_"))
        except (UnknownLocaleError, ValueError):  # quiet: the next candidate is asked
            continue
    return Locale.parse(DEFAULT_LOCALE)


@cache
def notation(name: str) -> Notation:
    locale = find_locale(name)
    first_group, next_groups = locale.decimal_formats[None].grouping
    return Notation(get_decimal_symbol(locale), get_group_symbol(locale), first_group, next_groups)


def decimal_amount(minor: int, currency: str) -> Decimal:
    """128430 minor units of EUR as Decimal("1284.30"), exact at any size."""
    digits = tuple(int(digit) for digit in str(abs(minor)))
    return Decimal((int(minor < 0), digits, -exponent(currency)))


def write_amount(minor: int, currency: str, locale: str = DEFAULT_LOCALE) -> str:
    if isinstance(minor, bool) or not isinstance(minor, int):
        raise TypeError(f"minor units are an int, not {type(minor).__name__}")
    written = notation(locale)
    places = exponent(currency)
    digits = str(abs(minor)).rjust(places + 1, "0")
    whole, fraction = (digits[:-places], digits[-places:]) if places else (digits, "")
    groups, width = [], written.first_group
    while len(whole) > width:
        whole, group = whole[:-width], whole[-width:]
        groups.append(group)
        width = written.next_groups
    grouped = written.group.join([whole, *reversed(groups)])
    return (MINUS if minor < 0 else "") + grouped + (written.decimal + fraction if places else "")


def format_amount(minor: int, currency: str, locale: str = DEFAULT_LOCALE) -> str:
    """128430 minor units of EUR as "1,284.30", for columns that name the currency elsewhere."""
    return write_amount(minor, currency, locale)


def format_money(money: "Money", locale: str = DEFAULT_LOCALE) -> str:
    """ "1,284.30 EUR": the desk's way, the code after, the minus a true minus sign."""
    return f"{write_amount(money.minor, money.currency, locale)} {money.currency}"


def format_localized(money: "Money", locale: str = DEFAULT_LOCALE) -> str:
    """As a customer of that locale expects to read it, symbol and all: "€1,284.30", "1.284,30 €".

    Always shows every digit the currency has, as documents must.
    """
    places = exponent(money.currency)
    text: str = _currency_pattern(locale, places).apply(
        decimal_amount(money.minor, money.currency),
        find_locale(locale),
        currency=money.currency,
        currency_digits=False,
    )
    return text


@cache
def _currency_pattern(locale: str, places: int) -> NumberPattern:
    """The locale's pattern with the places of ISO 4217, which Babel would cut to those in daily use."""
    pattern: NumberPattern = copy(find_locale(locale).currency_formats["standard"])
    pattern.frac_prec = (places, places)
    return pattern
