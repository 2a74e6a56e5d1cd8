"""A stretch of time from its start up to, and without, its end."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction
from typing import Self

__all__ = ["BILLING_ZONE", "Period", "in_utc"]

# Stripe counts periods in UTC, and an imported subscription must renew when its gateway renews it.
BILLING_ZONE: tzinfo = UTC

SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)


def in_utc(at: datetime) -> datetime:
    """The moment in UTC; a datetime that does not say which moment it is: ValueError.

    Two datetimes of one zone compare and subtract by the clock on the wall, which shows an hour twice a
    year; only in UTC do they by the time that passes.
    """
    if at.utcoffset() is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open: the moment of `end` belongs to the next period. Empty when both ends are one moment.

    Taken in any zone, kept in UTC.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", in_utc(self.start))
        object.__setattr__(self, "end", in_utc(self.end))
        if self.end < self.start:
            raise ValueError(f"a period cannot end ({self.end}) before it starts ({self.start})")

    def contains(self, at: datetime) -> bool:
        return self.start <= in_utc(at) < self.end

    def overlaps(self, other: "Period") -> bool:
        """Whether they share a moment; neighbours do not."""
        return self.intersection(other) is not None

    def intersection(self, other: "Period") -> Self | None:
        """What they share, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return type(self)(start, end) if start < end else None

    @property
    def is_empty(self) -> bool:
        return self.start == self.end

    @property
    def seconds(self) -> int:
        """Whole seconds that really pass, changes of the clock included."""
        return (self.end - self.start) // SECOND

    def days(self, zone: tzinfo = BILLING_ZONE) -> int:
        """Calendar days of the zone from the day it starts on to the day it ends on."""
        return (self.end.astimezone(zone).date() - self.start.astimezone(zone).date()).days

    def elapsed(self, at: datetime) -> Fraction:
        """The share that has passed, exactly: 0 up to the start, 1 from the end on."""
        if in_utc(at) >= self.end:
            return Fraction(1)
        if in_utc(at) <= self.start:
            return Fraction(0)
        return Fraction((in_utc(at) - self.start) // TICK, (self.end - self.start) // TICK)

    def left(self, at: datetime) -> Fraction:
        """The share still to come, exactly."""
        return 1 - self.elapsed(at)
