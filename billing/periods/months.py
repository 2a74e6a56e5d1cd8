"""Calendar months and days. A month is named by its first day."""

from calendar import isleap
from datetime import UTC, date, datetime, time, tzinfo

from billing.periods.period import BILLING_ZONE, Period, in_utc

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

__all__ = ["add_months", "day_of", "month_of", "month_period", "month_starts", "months_between"]


def add_months(day: date, n: int) -> date:
    """The same day n months on, or the month's last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + n, 12)
    last = 29 if month == 1 and isleap(year) else _DAYS[month]
    return date(year, month + 1, min(day.day, last))


def months_between(first: date, last: date) -> int:
    """How many months on the calendar `last` is after `first`, whatever their days; negative if before."""
    return (last.year - first.year) * 12 + last.month - first.month


def day_of(at: date, zone: tzinfo = BILLING_ZONE) -> date:
    """The day that a moment falls on in the zone; a plain date is itself."""
    return in_utc(at).astimezone(zone).date() if isinstance(at, datetime) else at


def month_of(at: date, zone: tzinfo = BILLING_ZONE) -> date:
    """The first day of the month that a moment or a day falls into."""
    return day_of(at, zone).replace(day=1)


def month_starts(first: date, last: date) -> list[date]:
    """The first days of all months from that of `first` to that of `last`, both included."""
    return [
        add_months(month_of(first), n) for n in range(months_between(month_of(first), month_of(last)) + 1)
    ]


def month_period(month: date, zone: tzinfo = BILLING_ZONE) -> Period:
    """The whole month that the day or moment falls into, from midnight to midnight in the zone."""
    first = month_of(month, zone)
    start, end = (
        datetime.combine(day, time(), tzinfo=zone).astimezone(UTC) for day in (first, add_months(first, 1))
    )
    return Period(start, end)
