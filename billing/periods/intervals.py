"""When a subscription's periods begin and end.

Every boundary is counted from the anchor and never from the boundary before, so a subscription of
31 January renews on 28 February and on 31 March, and one of 29 February finds its day in leap years.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Literal

from billing.periods.months import add_months, months_between
from billing.periods.period import BILLING_ZONE, Period, in_utc

__all__ = ["Interval", "Unit", "add_interval", "nth_period", "period_at", "period_number"]

type Unit = Literal["day", "week", "month", "year"]

DAYS = {"day": 1, "week": 7}
MONTHS = {"month": 1, "year": 12}


@dataclass(frozen=True, slots=True)
class Interval:
    """So many days, weeks, months or years."""

    unit: Unit
    count: int = 1

    def __post_init__(self) -> None:
        if self.unit not in DAYS and self.unit not in MONTHS:
            raise ValueError(f"an interval is of days, weeks, months or years, not {self.unit!r}")
        if isinstance(self.count, bool) or not isinstance(self.count, int) or self.count < 1:
            raise ValueError(f"an interval is at least one {self.unit}, not {self.count!r}")

    def __str__(self) -> str:
        return self.unit if self.count == 1 else f"{self.count} {self.unit}s"


def add_interval(anchor: datetime, n: int, interval: Interval, zone: tzinfo = BILLING_ZONE) -> datetime:
    """The nth boundary from the anchor, in UTC; the 0th is the anchor, negative ones come before it.

    It has the anchor's time of day in `zone`. Where the clock skips that time the boundary is as much
    later as the clock was put forward; where the clock shows it twice it is the first.
    """
    wall = in_utc(anchor).astimezone(zone)
    if n == 0:
        return anchor.astimezone(UTC)
    steps = n * interval.count
    if interval.unit in DAYS:
        day = wall.date() + timedelta(days=DAYS[interval.unit] * steps)
    else:
        day = add_months(wall.date(), MONTHS[interval.unit] * steps)
    return datetime.combine(day, wall.time().replace(fold=0), tzinfo=zone).astimezone(UTC)


def nth_period(anchor: datetime, n: int, interval: Interval, zone: tzinfo = BILLING_ZONE) -> Period:
    """The period from the nth boundary to the next."""
    return Period(add_interval(anchor, n, interval, zone), add_interval(anchor, n + 1, interval, zone))


def period_number(anchor: datetime, interval: Interval, at: datetime, zone: tzinfo = BILLING_ZONE) -> int:
    """Which period, counted from 0 at the anchor, contains the moment; negative before the anchor."""
    return _located(in_utc(anchor), interval, in_utc(at), zone)[0]


def period_at(anchor: datetime, interval: Interval, at: datetime, zone: tzinfo = BILLING_ZONE) -> Period:
    """The period that contains the moment."""
    _, start, end = _located(in_utc(anchor), interval, in_utc(at), zone)
    return Period(start, end)


@lru_cache(maxsize=1024)
def _located(
    anchor: datetime, interval: Interval, moment: datetime, zone: tzinfo
) -> tuple[int, datetime, datetime]:
    """The number of the period that contains the moment, and its two boundaries, all in UTC.

    Remembered, because one renewal asks for the same period several times; in UTC, because in any other zone
    two moments of the hour that the clock shows twice are equal.
    """
    first, day = anchor.astimezone(zone).date(), moment.astimezone(zone).date()
    if interval.unit in DAYS:
        n = (day - first).days // (DAYS[interval.unit] * interval.count)
    else:
        n = months_between(first, day) // (MONTHS[interval.unit] * interval.count)
    # The calendar is right to within one: on the day of a boundary its time decides, and a clock put back
    # just after midnight shows the day before once more.
    start, end = add_interval(anchor, n, interval, zone), add_interval(anchor, n + 1, interval, zone)
    while start > moment:
        n, start, end = n - 1, add_interval(anchor, n - 1, interval, zone), start
    while end <= moment:
        n, start, end = n + 1, end, add_interval(anchor, n + 2, interval, zone)
    return n, start, end
