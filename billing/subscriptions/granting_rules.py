"""When a subscription's credits are due, how many, and until when they last. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from billing.money import round_half_away
from billing.periods import Interval, Period, period_at
from billing.subscriptions.plans import Facts

__all__ = ["Due", "Term", "due", "grant_period", "next_due", "topped_up"]

MONTHLY = Interval("month")
#: States in which credits are granted; what is paused or unpaid waits.
GRANTED = frozenset({"trialing", "active", "past_due"})


@dataclass(frozen=True, slots=True)
class Term:
    """So many credits of a unit per month or per billing period; ``keeps``: none, capped or all."""

    unit: str
    amount: int
    per: str
    keeps: str = "none"
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """One grant that is due for a grant period."""

    term: Term
    period: Period
    amount: int

    @property
    def expires_at(self) -> datetime | None:
        """With the grant period, unless what is left is kept."""
        return self.period.end if self.term.keeps == "none" else None


def grant_period(facts: Facts, term: Term, at: datetime) -> Period:
    """The grant period that a moment is in: a month or a billing period, counted from the anchor.

    Within a trial it is the trial, however often that is extended.
    """
    if facts.state == "trialing" and facts.period is not None:
        return facts.period
    interval = MONTHLY if term.per == "month" else facts.main.price.interval
    return period_at(facts.anchor_at, interval, at)


def due(facts: Facts, terms: Iterable[Term], due_at: datetime | None, now: datetime) -> list[Due]:
    """What is to be granted at ``now``: of each unit its present grant period, unless that was granted.

    ``due_at`` is when the next grant is due, None before the first: a period that began before it has had its
    grant. One that went by without is gone, since what it gave would have lapsed by now.
    """
    if facts.state not in GRANTED or not facts.items or (due_at is not None and due_at > now):
        return []
    found = []
    for term in terms:
        period = grant_period(facts, term, now)
        if due_at is None or period.start >= due_at:
            found.append(Due(term, period, term.amount))
    return found


def next_due(facts: Facts, terms: Iterable[Term], now: datetime) -> datetime | None:
    """When the next credits are due; None for a plan without any."""
    ends = [grant_period(facts, term, now).end for term in terms]
    return min(ends, default=None)


def topped_up(
    *,
    had: int,
    had_period: Period,
    gives: int,
    period: Period,
    restarts: bool,
    stopped: datetime,
    now: datetime,
) -> int:
    """How many credits a change adds in the middle of a grant period; never below zero.

    As with money, what is granted is the rest of the period: the share of the new plan's that is left, less
    what was granted (``had``) for the time after the old plan ``stopped``. Where a new grant period begins,
    the new plan's in full.
    """
    left = had_period.left(stopped) if not had_period.is_empty else 0
    new = gives if restarts else round_half_away(gives * period.left(now))
    return max(0, new - round_half_away(had * left))
