"""Which currencies there are, and into how many minor units each divides."""

from functools import cache

from babel import Locale
from babel.numbers import get_currency_precision

__all__ = ["exponent", "is_currency"]

# Codes that ISO 4217 lists beside the currencies: tests, "no currency", metals, bond market units.
NOT_MONEY = frozenset(
    ["XXX", "XTS", "XAG", "XAU", "XPD", "XPT", "XBA", "XBB", "XBC", "XBD", "XSU", "XUA", "XDR"]
)

# Babel's data says how many digits people write, ISO 4217 how many the currency has. They part where
# inflation has retired the coins; gateways and banks go by ISO 4217, so it wins.
ISO_4217_EXPONENTS = {"IQD": 3} | dict.fromkeys(
    ["AFN", "ALL", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SLL", "SOS", "SYP", "YER"], 2
)


@cache
def _known() -> frozenset[str]:
    return frozenset(Locale("en").currencies) - NOT_MONEY


def is_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 currency, present or past, written in capitals."""
    return code in _known()


@cache
def exponent(currency: str) -> int:
    """Digits behind the decimal point: EUR 2, JPY 0, KWD 3. Unknown currency: ValueError."""
    if not is_currency(currency):
        raise ValueError(f"{currency!r} is not an ISO 4217 currency code in capitals")
    if currency in ISO_4217_EXPONENTS:
        return ISO_4217_EXPONENTS[currency]
    return get_currency_precision(currency)
