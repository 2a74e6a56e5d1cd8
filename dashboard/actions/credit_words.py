"""Amounts of credits in words: units as counts, store credit as money in the viewer's notation."""

from typing import Any

from billing.credits.models import CreditAccount, CreditUnit
from billing.money import Money, format_amount, format_money
from dashboard.parts.formatting import grouped, signed
from dashboard.parts.viewer import current_locale

ONE = {"tokens": "token", "ai_requests": "AI request"}
MANY = {"tokens": "tokens", "ai_requests": "AI requests"}


def figure(account: CreditAccount, amount: int) -> str:
    """The bare figure: 12,000, or 84.30."""
    if account.is_money:
        return signed(format_amount(amount, account.currency, current_locale()))
    return signed(grouped(amount))


def change(account: CreditAccount, amount: int) -> str:
    """With its sign: +12,000."""
    return f"+{figure(account, amount)}" if amount > 0 else figure(account, amount)


def amount(unit: str, currency: str, minor: int) -> str:
    """12,000 tokens; 84.30 EUR."""
    if unit == CreditUnit.MONEY:
        return signed(format_money(Money(minor, currency), current_locale()))
    return f"{signed(grouped(minor))} {(ONE if abs(minor) == 1 else MANY)[unit]}"


def of(account: CreditAccount, minor: int) -> str:
    return amount(account.unit, account.currency, minor)


def title(account: Any) -> str:
    """Tokens; Store credit in EUR."""
    return f"Store credit in {account.currency}" if account.is_money else account.get_unit_display()
