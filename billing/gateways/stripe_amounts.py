"""Stripe's minor units, where they differ from ISO 4217's (https://docs.stripe.com/currencies)."""

from billing.gateways.errors import GatewayRefused
from billing.money import Money, exponent

#: Counted in whole units by Stripe, whatever ISO 4217 says.
WHOLE = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
#: Counted in hundredths by Stripe, though ISO 4217 knows none any more.
HUNDREDTHS = frozenset({"ISK", "UGX"})


def _digits(currency: str) -> int:
    if currency in WHOLE:
        return 0
    return 2 if currency in HUNDREDTHS else exponent(currency)


def to_stripe(amount: Money) -> int:
    """The amount as Stripe counts it. Raises `GatewayRefused` for a fraction that Stripe cannot express."""
    shift = _digits(amount.currency) - exponent(amount.currency)
    if shift >= 0:
        return amount.minor * 10**shift
    whole, rest = divmod(amount.minor, 10**-shift)
    if rest:
        raise GatewayRefused("amount_too_precise", f"Stripe takes no fractions of {amount.currency}.")
    return whole


def from_stripe(units: int, currency: str) -> Money:
    """What Stripe counts as ``units`` of ``currency`` (in any case). A fraction that ISO 4217 cannot
    express is cut off: Stripe refuses to make one."""
    currency = currency.upper()
    shift = exponent(currency) - _digits(currency)
    if shift >= 0:
        return Money(units * 10**shift, currency)
    return Money(units // 10**-shift, currency)
