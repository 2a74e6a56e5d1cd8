"""How a document writes amounts, days, periods, rates and countries: all in one locale."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_interval
from babel.numbers import format_decimal, format_percent

from billing.money import MINUS, Money, exponent, format_amount, format_localized
from billing.periods import BILLING_ZONE

__all__ = ["Notation", "day_of"]


def day_of(at: datetime) -> date:
    """The day of a moment where billing is done: a document's days do not depend on who prints it."""
    return at.astimezone(BILLING_ZONE).date()


@dataclass(frozen=True, slots=True)
class Notation:
    """One locale, as "de-AT", and a currency."""

    locale: str
    currency: str

    @property
    def _babel(self) -> Locale:
        return Locale.parse(self.locale.replace("-", "_"))

    def sum(self, minor: int) -> str:
        """1.284,30 € with every digit of the currency."""
        return format_localized(Money(minor, self.currency), self.locale).replace("-", MINUS)

    def figure(self, minor: int) -> str:
        """1.284,30 for columns that name the currency above."""
        return format_amount(minor, self.currency, self.locale)

    def each(self, minor: Decimal) -> str:
        """As `figure`; a price below the smallest coin keeps its digits."""
        if minor == minor.to_integral_value():
            return self.figure(int(minor))
        exact = minor.scaleb(-exponent(self.currency)).normalize()
        return str(format_decimal(exact, locale=self._babel, decimal_quantization=False))

    def count(self, quantity: Decimal) -> str:
        """12.418 or 0,5: without zeros that say nothing."""
        return str(format_decimal(quantity.normalize(), locale=self._babel, decimal_quantization=False))

    def rate(self, percent: Decimal) -> str:
        """19 % or 5,5 %, from percents."""
        share = (percent / 100).normalize()
        return str(format_percent(share, locale=self._babel, decimal_quantization=False))

    def day(self, on: date) -> str:
        """9. Dezember 2026."""
        return str(format_date(on, "long", locale=self._babel))

    def period(self, start: datetime, end: datetime) -> str:
        """1.–30. Nov. 2026, its last day included; ``end`` is the moment after it."""
        first = day_of(start)
        last = max(first, day_of(end - timedelta(microseconds=1)))
        if first == last:
            return str(format_date(first, "medium", locale=self._babel))
        begins, ends = (datetime(on.year, on.month, on.day, tzinfo=UTC) for on in (first, last))
        return str(format_interval(begins, ends, skeleton="yMMMd", tzinfo=UTC, locale=self._babel))

    def country(self, code: str) -> str:
        """Deutschland for DE; a code that is none stays as it is."""
        return str(self._babel.territories.get(code, code))
