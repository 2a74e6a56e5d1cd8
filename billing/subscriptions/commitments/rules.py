"""What a commitment may become, when its term ends, and whether a gateway will keep to it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from billing.errors import InvalidInput
from billing.history.machines import Machine, moves
from billing.periods import Interval, Period, add_interval, period_number

__all__ = ["MACHINE", "Found", "Seen", "judge", "term_after", "term_of", "watch_next"]

MACHINE = Machine(
    "commitment",
    moves("""
        agreed → canceling | confirmed | ended | released
        canceling → confirmed | at_risk | agreed | ended | released
        confirmed → canceling | at_risk | agreed | ended | released
        at_risk → canceling | confirmed | agreed | ended | released
    """),
)

MONTHS = {"month": 1, "year": 12}
#: How long after its end a subscription may still be told as running: gateways end theirs within the hour.
GRACE = timedelta(hours=2)
#: Gateways keep moments in whole seconds.
SECOND = timedelta(seconds=1)

type Finding = Literal["kept", "ended", "ended_early", "lost", "other_date", "bills_beyond", "unknown"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A canceled subscription as whoever collects it sees it."""

    state: str
    cancel_at: datetime | None
    ended_at: datetime | None
    period_end: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """What the watch makes of it, and a sentence for the alert and the screen."""

    finding: Finding
    sentence: str

    @property
    def is_fine(self) -> bool:
        return self.finding in ("kept", "ended", "ended_early")


def term_of(anchor: datetime, interval: Interval, running: Period, months: int, *, in_trial: bool) -> Period:
    """The term of so many months, from the period that runs (after a trial: from its end).

    It ends at a boundary of a period, so that nothing has to be prorated there. Raises `InvalidInput` for a
    number of months that is not a whole number of the subscription's periods.
    """
    count = _periods(interval, months)
    if in_trial:
        return Period(running.end, add_interval(running.end, count, interval))
    first = period_number(anchor, interval, running.end) - 1
    return Period(running.start, add_interval(anchor, first + count, interval))


def term_after(anchor: datetime, interval: Interval, ends_at: datetime, months: int) -> Period:
    """The next term of so many months, from the moment at which one ended."""
    first = period_number(anchor, interval, ends_at)
    return Period(ends_at, add_interval(anchor, first + _periods(interval, months), interval))


def _periods(interval: Interval, months: int) -> int:
    each = MONTHS.get(interval.unit, 0) * interval.count
    if months < 1 or not each or months % each:
        raise InvalidInput(
            "term_does_not_fit",
            f"Term: a whole number of its periods, which are of {interval.count} {interval.unit}"
            f"{'' if interval.count == 1 else 's'}.",
            field="months",
        )
    return months // each


def judge(seen: Seen | None, ends_at: datetime, now: datetime, who: str) -> Found:
    """Whether a canceled subscription will end with its term, as ``who`` ("Stripe") has it."""
    day = f"{ends_at:%-d %B %Y}"
    if seen is None:
        return Found("unknown", f"{who} does not know this subscription.")
    if seen.state in ("canceled", "expired"):
        ended = seen.ended_at or now
        if ended < ends_at - SECOND:
            return Found("ended_early", f"It ended on {ended:%-d %B %Y}, before the term was over.")
        return Found("ended", f"It ended on {ended:%-d %B %Y}.")
    if now > ends_at + GRACE:
        return Found("bills_beyond", f"The term ended on {day}, and {who} still runs the subscription.")
    if seen.cancel_at is None:
        return Found("lost", f"{who} has no end for it any more; it would bill beyond {day}.")
    if seen.cancel_at > ends_at + SECOND:
        return Found("bills_beyond", f"{who} ends it on {seen.cancel_at:%-d %B %Y}, after {day}.")
    if seen.cancel_at < ends_at - SECOND:
        return Found("other_date", f"{who} ends it on {seen.cancel_at:%-d %B %Y}, before {day}.")
    if seen.period_end is not None and seen.period_end > ends_at + SECOND:
        return Found("bills_beyond", f"{who} has billed until {seen.period_end:%-d %B %Y}, after {day}.")
    return Found("kept", f"{who} ends it on {day}.")


def watch_next(ends_at: datetime, now: datetime, *, is_fine: bool) -> datetime:
    """When to look again: daily, and hourly when something is wrong or the end is within three days."""
    if not is_fine or now >= ends_at - timedelta(days=3):
        return now + timedelta(hours=1)
    return min(now + timedelta(days=1), ends_at - timedelta(days=3))
