"""What a part of a period costs. Pure: exact fractions, rounded once at the end.

Every boundary is measured from the start of the period, so neighbouring parts share no unit of time and
leave none out: their shares add up to 1 whatever the basis, the owner of the day and the clock.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from fractions import Fraction
from typing import Literal

from billing.money import Rounding, round_half_away, round_half_even, truncate
from billing.periods import BILLING_ZONE, Period, add_months, day_of, months_between

__all__ = ["Basis", "DayOwner", "RoundingMode", "prorate", "share", "split"]

type Basis = Literal["second", "day", "fixed30"]
type RoundingMode = Literal["half_up", "half_even", "truncate"]
type DayOwner = Literal["new", "old"]

ROUNDINGS: dict[str, Rounding] = {
    "half_up": round_half_away,
    "half_even": round_half_even,
    "truncate": truncate,
}
SECOND = timedelta(seconds=1)
MONTH = 30


def prorate(
    amount_minor: int,
    period: Period,
    slice: Period,
    basis: Basis = "second",
    rounding: RoundingMode = "half_up",
    day_owner: DayOwner = "new",
    zone: tzinfo = BILLING_ZONE,
) -> int:
    """What ``slice`` of ``period`` costs when the whole period costs ``amount_minor``; minor units.

    A period without length, a part that is not inside it, an unknown basis, owner or rounding: ValueError.
    """
    if rounding not in ROUNDINGS:
        raise ValueError(f"rounding is half_up, half_even or truncate, not {rounding!r}")
    if isinstance(amount_minor, bool) or not isinstance(amount_minor, int):
        raise TypeError(f"an amount is whole minor units, not {type(amount_minor).__name__}")
    return ROUNDINGS[rounding](amount_minor * share(period, slice, basis, day_owner, zone))


def share(
    period: Period,
    slice: Period,
    basis: Basis = "second",
    day_owner: DayOwner = "new",
    zone: tzinfo = BILLING_ZONE,
) -> Fraction:
    """The part of the period that the slice is, exactly.

    By the second: the seconds that really pass. By the day: calendar days of ``zone``, and a day on which
    something changes belongs to what comes (``new``) or to what was (``old``). ``fixed30``: every month has
    30 days, so that a period shorter than a month is less than one.
    """
    if day_owner not in ("new", "old"):
        raise ValueError(f"the day of a change belongs to new or old, not {day_owner!r}")
    if period.is_empty:
        raise ValueError(f"a period without length ({period.start:%Y-%m-%d}) has no parts")
    if slice.start < period.start or slice.end > period.end:
        raise ValueError("the part reaches beyond its period")
    if basis == "second":
        whole = period.seconds
        if not whole:
            raise ValueError("a period shorter than a second has no parts")
        return Fraction(_second(period, slice.end) - _second(period, slice.start), whole)
    first, last = day_of(period.start, zone), day_of(period.end, zone)
    if first == last:
        raise ValueError("a period within one day has no parts by the day")
    start, end = (_day(period, at, first, last, day_owner, zone) for at in (slice.start, slice.end))
    if basis == "day":
        return Fraction((end - start).days, (last - first).days)
    if basis == "fixed30":
        return Fraction(_fixed(first, end) - _fixed(first, start), MONTH * _months(first, last))
    raise ValueError(f"a share is counted by second, day or fixed30, not {basis!r}")


def split(
    amount_minor: int,
    period: Period,
    cuts: Sequence[datetime],
    basis: Basis = "second",
    day_owner: DayOwner = "new",
    zone: tzinfo = BILLING_ZONE,
) -> list[int]:
    """The amount over the parts that the cuts make of the period; they add up to what the period costs.

    Each part is what its end costs from the start, less what was given before: no unit is lost to rounding.
    """
    given, parts = 0, []
    for at in [*sorted(cuts), period.end]:
        until = prorate(amount_minor, period, Period(period.start, at), basis, day_owner=day_owner, zone=zone)
        parts.append(until - given)
        given = until
    return parts


def _second(period: Period, at: datetime) -> int:
    """Whole seconds from the period's start; its end counts in full."""
    return (at - period.start) // SECOND


def _day(period: Period, at: datetime, first: date, last: date, owner: DayOwner, zone: tzinfo) -> date:
    """The first day that belongs to what comes after the boundary; a period's own ends are never moved."""
    if at == period.start:
        return first
    if at == period.end:
        return last
    day = day_of(at, zone) + timedelta(days=1 if owner == "old" else 0)
    return min(max(day, first), last)


def _fixed(first: date, day: date) -> int:
    """Days from the first, every month of 30: whole months by the calendar, the rest by day numbers."""
    months = months_between(first, day)
    if add_months(first, months) > day:
        months -= 1
    begun = add_months(first, months)
    rest = MONTH * months_between(begun, day) + min(day.day, MONTH) - min(begun.day, MONTH)
    return MONTH * months + min(max(rest, 0), MONTH)


def _months(first: date, last: date) -> int:
    """How many months the period is, a begun one counted whole."""
    months = months_between(first, last)
    return max(1, months if add_months(first, months) >= last else months + 1)
