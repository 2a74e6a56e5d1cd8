"""A figure as a screen shows it: its value, what it is made of, and what it was before."""

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Literal

from billing.money import round_half_away

__all__ = ["Figure", "Part", "Way"]

type Unit = Literal["money", "percent", "seconds"]
#: which way is good
type Way = Literal["up", "down", ""]


@dataclass(frozen=True, slots=True)
class Part:
    """A numerator or denominator: what it counts, how much, and its rows' name in `reports.overview.rows`."""

    label: str
    amount: int
    rows: str
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. ``value`` is minor units, a share from 0 to 1, or seconds; None is not known, and ``why``
    says why. ``trend`` are the twelve months up to now, None where a month has none."""

    key: str
    label: str
    definition: str
    unit: Unit
    as_of: datetime
    value: Fraction | None
    before: Fraction | None
    trend: tuple[Fraction | None, ...]
    parts: tuple[Part, ...] = ()
    currency: str = ""
    good: Way = "up"
    why: str = ""
    against: str = field(default="")

    @property
    def change(self) -> Fraction | None:
        """For money the share of growth, for shares and seconds the difference; None when not known."""
        if self.value is None or self.before is None:
            return None
        if self.unit == "money":
            return (self.value - self.before) / self.before if self.before > 0 else None
        return self.value - self.before

    @property
    def change_text(self) -> str:
        """+4.3 %, −0.04 pt, −0.3 s; empty when there is nothing to hold it against."""
        change = self.change
        if change is None:
            return ""
        if self.unit == "money":
            return f"{_signed(change * 100, 1)} %"
        if self.unit == "percent":
            return f"{_signed(change * 100, 2 if abs(change) < Fraction(1, 200) else 1)} pt"
        return f"{_signed(change, 1)} s"

    @property
    def tone(self) -> str:
        """Whether the change is good news; nothing to say below a hundredth."""
        change = self.change
        least = Fraction(1, 10) if self.unit == "seconds" else Fraction(1, 1000)
        if change is None or not self.good or abs(change) < least:
            return "idle"
        return "ok" if (change > 0) == (self.good == "up") else "bad"

    @property
    def text(self) -> str:
        """The value without its unit; empty when it is not known. Money is left to the money formatter."""
        if self.value is None:
            return ""
        if self.unit == "percent":
            return decimals(self.value * 100, 2 if self.value < Fraction(1, 100) else 1)
        return decimals(self.value, 1)

    @property
    def spark(self) -> list[int]:
        """The trend as whole numbers for a sparkline; months without a value are left out."""
        known = [value for value in self.trend if value is not None]
        scale = 1 if self.unit == "money" else 100_000
        return [round_half_away(value * scale) for value in known]


def decimals(value: Fraction, places: int) -> str:
    """1.8 of Fraction(9, 5), rounded half away from zero, with a true minus."""
    whole = round_half_away(abs(value) * 10**places)
    digits = f"{whole:0{places + 1}d}"
    return f"{'−' if value < 0 and whole else ''}{digits[:-places]}.{digits[-places:]}"


def _signed(value: Fraction, places: int) -> str:
    text = decimals(value, places)
    return f"+{text}" if value > 0 and any(c in "123456789" for c in text) else text
