"""When an allowance begins and renews, and what a refusal says: pure decisions."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import cast

from billing.periods import Interval, Period, Unit, period_at
from billing.usage.rules import day_start, month_start, next_start

__all__ = ["Terms", "number_said", "over_sentence", "period_of", "stretch_of"]


@dataclass(frozen=True, slots=True)
class Terms:
    """When a subscription's periods begin; all None for who is on the free tier without one.

    ``goes_on``: nothing says that it will end, so another period follows.
    """

    anchor: datetime | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    every: str | None = None
    every_count: int | None = None
    goes_on: bool = True


def period_of(terms: Terms, at: datetime) -> Period:
    """The billing period that a moment falls into.

    The subscription's own where it contains the moment (a trial's is as long as the trial); else counted from
    its anchor, for what is reported late and while a renewal is. Without a subscription, the month.
    """
    if terms.starts is not None and terms.ends is not None and terms.starts <= at < terms.ends:
        return Period(terms.starts, terms.ends)
    if terms.anchor is None or terms.every is None:
        return Period(month_start(at), next_start("month", month_start(at)))
    found = period_at(terms.anchor, Interval(cast(Unit, terms.every), terms.every_count or 1), at)
    if terms.starts is None or terms.ends is None:
        return found
    # Counted from the anchor it must not reach into the period that we know, or two would share a moment.
    if at >= terms.ends:
        return Period(max(found.start, terms.ends), found.end)
    return Period(found.start, min(found.end, terms.starts))


def stretch_of(per: str, terms: Terms, at: datetime) -> Period:
    """From when to when an allowance ``per`` day, month or period holds."""
    if per == "day":
        return Period(day_start(at), next_start("day", day_start(at)))
    if per == "month":
        return Period(month_start(at), next_start("month", month_start(at)))
    return period_of(terms, at)


def number_said(number: Decimal | int) -> str:
    """12,000 or 0.25, without zeros that say nothing."""
    return f"{Decimal(number).normalize():,f}"


def over_sentence(*, meter: str, limit: int, per: str, used: Decimal, renews_at: datetime | None) -> str:
    """What a quota says that has too little left."""
    span = "billing period" if per == "period" else per
    renewed = f"It renews on {renews_at:%Y-%m-%d at %H:%M} UTC." if renews_at else "It does not renew."
    return (
        f"{meter}: {number_said(used)} of {limit:,} per {span} are used, which leaves too little. {renewed}"
    )
