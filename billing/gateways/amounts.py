"""Amounts that gateways write as decimal text: "10.00", exactly, and never through a float."""

import re
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from billing.gateways.errors import GatewayRefused
from billing.money import Money, decimal_amount, exponent, is_currency

#: Far beyond any payment, and well within what the database counts.
LARGEST = 10**15

_DECIMAL = re.compile(r"[+-]?\d{1,18}(\.\d{1,12})?")


def from_decimal(value: Any, currency: Any) -> Money:
    """The amount that a text (or a whole number) says. "123" of JPY is 123 yen, "1.5" of EUR 150 cents.

    Raises `ValueError` for what is no amount, for a fraction that the currency does not have, for a number
    with a fraction (JSON's floats are never believed) and for an unknown currency.
    """
    code = currency.upper() if isinstance(currency, str) else ""
    if not is_currency(code):
        raise ValueError("An amount is in no currency that the desk knows.")
    said = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(said, str) or not _DECIMAL.fullmatch(said.strip()):
        raise ValueError(f"An amount in {code} is not written as a decimal number.")
    scaled = Decimal(said.strip()).scaleb(exponent(code))
    minor = int(scaled)
    if minor != scaled or abs(minor) > LARGEST:
        raise ValueError(f"An amount in {code} has more digits than the currency.")
    return Money(minor, code)


def to_decimal(amount: Money, *, whole: Collection[str] = ()) -> str:
    """The amount as decimal text, with as many decimals as its currency has; none for those in ``whole``.

    Raises `GatewayRefused` for a fraction of a currency that the gateway counts in whole units.
    """
    written = decimal_amount(amount.minor, amount.currency)
    if amount.currency not in whole or not exponent(amount.currency):
        return f"{written:f}"
    if written != written.to_integral_value():
        raise GatewayRefused("amount_too_precise", f"The gateway takes no fractions of {amount.currency}.")
    return f"{int(written)}"
