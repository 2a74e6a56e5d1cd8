"""Amounts, quantities, rates and days as an invoice's page says them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from babel import Locale
from django.utils import timezone

from billing.invoices.models import InvoiceLine
from billing.money import Money, exponent, format_money
from dashboard.parts.formatting import full_day
from dashboard.parts.viewer import current_locale

TREATMENTS = {
    "standard": "standard rate",
    "reduced": "reduced rate",
    "export": "outside the scope of the tax",
    "oss": "rate of the customer's country, by the one-stop-shop",
    "domestic": "domestic rate",
    "destination": "rate of the customer's country",
    "reverse_charge": "reverse charge: the customer accounts for it",
    "outside": "outside the scope of the tax",
    "exempt": "exempt",
}


def words(minor: int, currency: str) -> str:
    return format_money(Money(minor, currency), current_locale())


def quantity_words(quantity: Decimal) -> str:
    """1, 12 or 0.5: without zeros that say nothing."""
    return f"{quantity.normalize():f}"


def unit_words(minor: Decimal, currency: str) -> str:
    """29.00 EUR, or 0.0125 EUR where a unit costs less than the smallest coin."""
    if minor == minor.to_integral_value():
        return words(int(minor), currency)
    return f"{minor.scaleb(-exponent(currency)).normalize():f} {currency}"


def rate_words(rate: Decimal | None) -> str:
    """19 %, or that there is none."""
    return "no tax" if rate is None else f"{rate.normalize():f} %"


def period_words(line: InvoiceLine) -> str:
    """22 Nov 2026 – 22 Dec 2026; empty without a period."""
    if line.period_start is None or line.period_end is None:
        return ""
    start, end = (timezone.localtime(at).date() for at in (line.period_start, line.period_end))
    return f"{full_day(start)} – {full_day(end)}"


def day_words(at: datetime) -> str:
    """22 Nov 2026, in the viewer's zone."""
    return full_day(timezone.localtime(at).date())


def country_words(code: Any) -> str:
    """Germany for DE, in the viewer's language; a code that is none stays as it is."""
    known = Locale.parse(current_locale().replace("-", "_")).territories
    return known.get(str(code or ""), str(code or ""))
