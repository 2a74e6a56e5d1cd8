"""Money in whole minor units beside an ISO 4217 currency, from the form to the gateway."""

from billing.money.allocation import allocate
from billing.money.amount import MAX_MINOR, CurrencyMismatch, Money, sum_by_currency
from billing.money.currencies import exponent, is_currency
from billing.money.formatting import (
    DEFAULT_LOCALE,
    MINUS,
    decimal_amount,
    format_amount,
    format_localized,
    format_money,
)
from billing.money.rounding import Exact, Rounding, exact, round_half_away, round_half_even, truncate

__all__ = [
    "DEFAULT_LOCALE",
    "MAX_MINOR",
    "MINUS",
    "CurrencyMismatch",
    "Exact",
    "Money",
    "Rounding",
    "allocate",
    "decimal_amount",
    "exact",
    "exponent",
    "format_amount",
    "format_localized",
    "format_money",
    "is_currency",
    "round_half_away",
    "round_half_even",
    "sum_by_currency",
    "truncate",
]
