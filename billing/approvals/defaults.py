"""The limits that hold where nobody has set one for a role and an action: careful, and easy to change."""

from billing.approvals.rules import ONE, PER_CUSTOMER, PER_DAY, Amount, Limit, measured
from billing.money import exponent, is_currency

__all__ = ["DEFAULTS", "UNIT_NAMES", "WORTH", "defaults_for", "has_default"]

#: Whole units of the main currencies, by (role, action): at once, in a day, for one customer in 30 days.
DEFAULTS: dict[tuple[str, str], tuple[int, int, int]] = {
    ("support", "refund"): (500, 2_500, 1_000),
    ("finance", "refund"): (10_000, 50_000, 25_000),
    ("support", "store_credit"): (100, 500, 200),
    ("finance", "store_credit"): (2_500, 10_000, 5_000),
    ("finance", "write_off"): (2_500, 10_000, 5_000),
    ("admin", "price_change"): (0, 0, 0),
}
#: The same for credits in units, whatever the kind of unit.
UNITS: dict[tuple[str, str], tuple[int, int, int]] = {
    ("support", "credits"): (100_000, 500_000, 200_000),
    ("finance", "credits"): (5_000_000, 20_000_000, 10_000_000),
}
UNIT_NAMES = ("tokens", "ai_requests")
#: How many of a currency's units stand for one euro here, so that a limit is worth about the same.
WORTH = {
    "AUD": 1, "BRL": 5, "CAD": 1, "CHF": 1, "CZK": 25, "DKK": 7, "EUR": 1, "GBP": 1, "HUF": 400, "INR": 90,
    "JPY": 150, "KWD": 1, "NOK": 10, "PLN": 4, "RON": 5, "RUB": 90, "SEK": 10, "USD": 1,
}  # fmt: skip


def defaults_for(role: str, action: str, currency: str) -> list[Limit]:
    """The three limits of a role for an action; empty where none stands for it in this currency."""
    if is_currency(currency):
        found, worth = DEFAULTS.get((role, action)), WORTH.get(currency, 0) * 10 ** exponent(currency)
    else:
        found, worth = UNITS.get((role, action)), 1
    if found is None or not worth:
        return []
    amounts: list[Amount] = [measured(each * worth, currency) for each in found]
    return [
        Limit(role, scope, each) for scope, each in zip((ONE, PER_DAY, PER_CUSTOMER), amounts, strict=True)
    ]


def has_default(role: str, action: str) -> bool:
    return (role, action) in DEFAULTS or (role, action) in UNITS
