"""Money: whole minor units beside a currency."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from billing.money.currencies import is_currency
from billing.money.formatting import DEFAULT_LOCALE, write_amount
from billing.money.parsing import MAX_MINOR, read_minor
from billing.money.rounding import Exact, Rounding, exact, round_half_away

__all__ = ["MAX_MINOR", "CurrencyMismatch", "Money", "sum_by_currency"]


class CurrencyMismatch(ValueError):
    """Two currencies met in one sum: a bug in the caller, never an operator's mistake."""


@dataclass(frozen=True, order=False, slots=True)
class Money:
    """An amount in minor units of an ISO 4217 currency; may be negative; never a float.

    Equality needs the same currency; every other comparison and sum of two currencies raises
    `CurrencyMismatch`, and of money with a plain number TypeError.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise TypeError(f"minor units are an int, not {type(self.minor).__name__}")
        if not isinstance(self.currency, str):
            raise TypeError(f"a currency is a str, not {type(self.currency).__name__}")
        if not is_currency(self.currency):
            raise ValueError(f"{self.currency!r} is not an ISO 4217 currency code in capitals")

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @classmethod
    def total(cls, amounts: Iterable["Money"], currency: str) -> Self:
        """The sum, zero for none; any other currency among them raises `CurrencyMismatch`."""
        minor = 0
        for amount in amounts:
            if amount.currency != currency:
                raise CurrencyMismatch(f"{amount.currency} in a sum of {currency}")
            minor += amount.minor
        return cls(minor, currency)

    @classmethod
    def parse(
        cls,
        text: str,
        currency: str,
        locale: str = DEFAULT_LOCALE,
        *,
        field: str = "amount",
        allow_zero: bool = False,
        allow_negative: bool = False,
    ) -> Self:
        """An amount as a person writes it: "1,284.30", "1284.3", in German "1.284,30".

        Raises `InvalidInput` on `field`, with codes amount_empty, amount_not_a_number, amount_ambiguous,
        amount_wrong_currency, amount_too_precise, amount_zero, amount_negative, amount_too_large.
        """
        minor = read_minor(
            text, currency, locale, field=field, allow_zero=allow_zero, allow_negative=allow_negative
        )
        return cls(minor, currency)

    @property
    def is_zero(self) -> bool:
        return self.minor == 0

    @property
    def is_positive(self) -> bool:
        return self.minor > 0

    @property
    def is_negative(self) -> bool:
        return self.minor < 0

    def times(self, factor: Exact, rounding: Rounding = round_half_away) -> "Money":
        """The amount times an exact factor, rounded once."""
        return Money(rounding(self.minor * exact(factor)), self.currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.minor), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)

    def __str__(self) -> str:
        return f"{write_amount(self.minor, self.currency)} {self.currency}"

    def _same(self, other: "Money") -> int:
        if not isinstance(other, Money):
            raise TypeError(f"money meets money, not {type(other).__name__}")
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{other.currency} meets {self.currency}")
        return other.minor


def sum_by_currency(amounts: Iterable[Money]) -> dict[str, Money]:
    """One total per currency, in the order of the codes; none for none."""
    minor: dict[str, int] = {}
    for amount in amounts:
        minor[amount.currency] = minor.get(amount.currency, 0) + amount.minor
    return {currency: Money(minor[currency], currency) for currency in sorted(minor)}
