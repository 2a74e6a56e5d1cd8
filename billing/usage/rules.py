"""How events become a number, what a quota says to it, and where a moment is counted: pure decisions.

`decide` says in Python what the database's function says in SQL; a property test holds the two together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from billing.errors import InvalidInput

__all__ = [
    "FUTURE",
    "OLDEST",
    "THRESHOLDS",
    "Decision",
    "Event",
    "check_moment",
    "check_quantity",
    "combine",
    "day_start",
    "decide",
    "month_start",
    "next_start",
    "round_units",
]

#: How far a host's clock may be ahead of ours.
FUTURE = timedelta(minutes=5)
#: What is told later than this is no usage any more but a mistake.
OLDEST = timedelta(days=400)
#: Shares of a quota, in percent, whose passing a customer is told of.
THRESHOLDS = (80, 100)
MOST = Decimal(10) ** 15
STEP = Decimal("0.000001")
ROUNDINGS = {"up": ROUND_CEILING, "down": ROUND_FLOOR, "nearest": ROUND_HALF_UP}


@dataclass(frozen=True, slots=True)
class Event:
    """What the rules know of an event; ``order`` is the place in which it was received."""

    quantity: Decimal
    at: datetime
    order: int
    value: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a quota says: *within*, *over* (let through), *credits* (it costs so many) or *refused*."""

    outcome: str
    cost: int = 0


def combine(events: Iterable[Event], aggregation: str) -> Decimal:
    """The number that a meter shows for these events, not rounded yet. Nothing is 0."""
    some = list(events)
    match aggregation:
        case "sum":
            return sum((each.quantity for each in some), Decimal(0))
        case "count":
            return Decimal(len(some))
        case "max":
            return max((each.quantity for each in some), default=Decimal(0))
        case "last":
            latest = max(some, key=lambda each: (each.at, each.order), default=None)
            return latest.quantity if latest else Decimal(0)
        case "unique":
            return Decimal(len({each.value for each in some if each.value}))
    raise ValueError(f"no such aggregation: {aggregation!r}")


def round_units(number: Decimal, rounding: str) -> Decimal:
    """A meter's number in the units that count; half a unit to the nearest is a whole one."""
    if rounding == "none":
        return number
    return number.to_integral_value(rounding=ROUNDINGS[rounding])


def decide(
    before: Decimal,
    after: Decimal,
    *,
    limit: Decimal | None,
    past: str,
    credits_each: int = 0,
    paid: int = 0,
) -> Decision:
    """What a quota of ``limit`` says to a use that takes its meter from ``before`` to ``after`` units.

    Only what goes further past the limit is asked about: a gauge that falls is always within. ``paid`` is
    what credits have paid in this stretch already; they pay no unit twice.
    """
    if limit is None:
        return Decision("within")
    over_before, over_after = max(Decimal(0), before - limit), max(Decimal(0), after - limit)
    if over_after <= over_before:
        return Decision("within")
    if past == "soft":
        return Decision("over")
    if past == "hard":
        return Decision("refused")
    owed = _whole(over_after * credits_each)
    return Decision("credits", max(0, min(owed - _whole(over_before * credits_each), owed - paid)))


def _whole(number: Decimal) -> int:
    return int(number.to_integral_value(rounding=ROUND_CEILING))


def day_start(at: datetime) -> datetime:
    """Days begin at midnight UTC, as billing periods are counted."""
    return datetime.combine(at.astimezone(UTC).date(), time(), tzinfo=UTC)


def month_start(at: datetime) -> datetime:
    return day_start(at).replace(day=1)


def next_start(span: str, starts_at: datetime) -> datetime:
    """When a day or month ends; a billing period's end is its subscription's to say."""
    if span == "day":
        return starts_at + timedelta(days=1)
    return (starts_at.replace(day=1) + timedelta(days=32)).replace(day=1)


def check_quantity(quantity: Decimal | int, *, may_be_zero: bool) -> Decimal:
    """Raises `InvalidInput` unless it is a number of at most six decimals that a meter can take."""
    if isinstance(quantity, bool) or not isinstance(quantity, int | Decimal):
        raise InvalidInput("quantity_malformed", "Quantity: a number is needed.", field="quantity")
    number = Decimal(quantity)
    if not number.is_finite() or abs(number) > MOST:
        raise InvalidInput("quantity_malformed", f"Quantity: at most {MOST:,.0f}.", field="quantity")
    if number != number.quantize(STEP):
        raise InvalidInput("quantity_too_fine", "Quantity: at most six decimals.", field="quantity")
    if number < 0:
        raise InvalidInput(
            "usage_is_not_taken_back",
            "Quantity: usage is not taken back by an event below zero. Credit what was reported too much.",
            field="quantity",
        )
    if number == 0 and not may_be_zero:
        raise InvalidInput(
            "quantity_malformed",
            "Quantity: more than 0.",
            field="quantity",
        )
    return number.quantize(STEP)


def check_moment(at: datetime, now: datetime) -> datetime:
    """Raises `InvalidInput` for a moment without a zone, still to come, or too long ago."""
    if at.utcoffset() is None:
        raise InvalidInput("moment_without_zone", "At: say the time zone, such as Z for UTC.", field="at")
    if at > now + FUTURE:
        raise InvalidInput(
            "usage_in_the_future",
            f"At: {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC is still to come. Report what has happened.",
            field="at",
        )
    if at < now - OLDEST:
        raise InvalidInput(
            "usage_too_old",
            f"At: usage of more than {OLDEST.days} days ago is no longer taken.",
            field="at",
        )
    return at
