"""What a customer has used of each quota, as figures and bars, for every page that shows it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from billing.catalog.models import Meter
from billing.entitlements.queries import Allowance
from billing.entitlements.rules import number_said
from billing.entitlements.standing import Standing, standing_of
from billing.usage.queries import Day, by_day

__all__ = ["Bar", "Use", "uses_of"]

DAYS = 30
#: The drawing: so wide is a day, so high the highest of them.
STEP, WIDE, HIGH = 10, 8, 40
PER = {"day": "a day", "month": "a month", "period": "a period"}
PAST = {"hard": "refused past it", "soft": "let through past it", "credits": "paid by credits past it"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One day in the drawing; ``over`` where the day went past what a day has."""

    x: int
    y: int
    height: int
    over: bool
    on: date
    said: str


@dataclass(frozen=True, slots=True)
class Use:
    """One meter of a customer's. ``total`` and ``used`` are whole numbers for the bar, capped at its end."""

    meter: Meter
    allowance: Allowance
    used: str
    limit: str
    left: str
    total: int
    filled: int
    tone: str
    per: str
    says: str
    bars: tuple[Bar, ...]
    highest: Bar | None


def uses_of(customer_id: int, *, now: datetime, most: int = 20) -> tuple[Standing, list[Use]]:
    """What the customer holds, and of each meter what is used, with its last thirty days. Eleven queries."""
    standing = standing_of(customer_id, now=now)
    found = standing.allowances[:most]
    today = now.astimezone(UTC).date()
    days = by_day(
        customer_id, [meter for meter, _ in found], first=today - timedelta(days=DAYS - 1), last=today
    )
    return standing, [_use(meter, allowance, days[meter.pk]) for meter, allowance in found]


def _use(meter: Meter, allowance: Allowance, days: list[Day]) -> Use:
    limit = allowance.limit
    bars = _bars(days, limit if allowance.per == "day" else None)
    said = PAST[allowance.past] if limit is not None else "without a limit"
    highest = max(bars, key=lambda bar: (bar.height, bar.on), default=None)
    return Use(
        meter=meter,
        allowance=allowance,
        used=number_said(allowance.used),
        limit="unlimited" if limit is None else f"{limit:,}",
        left="unlimited" if allowance.left is None else number_said(allowance.left),
        total=limit or 1,
        filled=0 if limit is None else min(int(allowance.used), limit),
        tone=_tone(allowance),
        per=PER[allowance.per],
        says=f"{PER[allowance.per]}, {said}",
        bars=bars,
        highest=highest if highest and highest.height else None,
    )


def _tone(allowance: Allowance) -> str:
    if allowance.limit is None or allowance.used * 100 < allowance.limit * 80:
        return ""
    return "bad" if allowance.used >= allowance.limit and allowance.past == "hard" else "look"


def _bars(days: list[Day], limit: int | None) -> tuple[Bar, ...]:
    top = max((day.number for day in days), default=Decimal(0))
    return tuple(
        _bar(place, day, top, over=limit is not None and day.number > limit) for place, day in enumerate(days)
    )


def _bar(place: int, day: Day, top: Decimal, *, over: bool) -> Bar:
    height = int(day.number * HIGH / top) if top else 0
    if day.number and not height:
        height = 1
    return Bar(place * STEP, HIGH - height, height, over, day.on, number_said(day.number))


def drawing() -> dict[str, Any]:
    """The size of the drawing, for its template."""
    return {"days": DAYS, "across": DAYS * STEP, "high": HIGH, "wide": WIDE}
