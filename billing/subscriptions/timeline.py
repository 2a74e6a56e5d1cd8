"""What a subscription that comes with a past has done to MRR before it was heard of. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from billing.subscriptions.mrr import Cause, Movement, classify_movement
from billing.subscriptions.rules import COUNTS_AS_MRR

#: States that a subscription reaches only after it has counted, or may have.
ONCE_COUNTED = frozenset({"unpaid", "paused", "canceled"})


@dataclass(frozen=True, slots=True)
class Past:
    """A subscription as it is told of for the first time; ``mrr_minor`` is that of its items today."""

    subscription_id: int
    state: str
    mrr_minor: int
    created_at: datetime
    trial_ends_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    subscription_id: int
    change_minor: int
    cause: Cause = "changed"


@dataclass(frozen=True, slots=True)
class DatedMovement:
    at: datetime
    subscription_id: int
    movement: Movement


def steps(past: Past, now: datetime) -> list[Step]:
    """It began to count when its trial ended or it was made, and stopped when it ended.

    What it was worth in between is not known: its items of today stand for the whole time. A trial that
    never ended in a paid period gives nothing. A pause or a halt whose day is not told is dated ``now``.
    """
    if past.mrr_minor == 0 or past.state not in COUNTS_AS_MRR | ONCE_COUNTED:
        return []
    began = max(past.created_at, past.trial_ends_at) if past.trial_ends_at else past.created_at
    if began > now:
        return []
    begin = Step(began, past.subscription_id, past.mrr_minor)
    if past.state in COUNTS_AS_MRR:
        return [begin]
    stopped = past.ended_at if past.state == "canceled" and past.ended_at else now
    if stopped <= began:
        return []
    cause: Cause = "paused" if past.state == "paused" else "changed"
    return [begin, Step(stopped, past.subscription_id, -past.mrr_minor, cause)]


def movements(all_steps: Iterable[Step], *, before: int = 0, ever_paid: bool = False) -> list[DatedMovement]:
    """The steps of one customer in one currency, in the order of time, each called what it was."""
    made: list[DatedMovement] = []
    total = before
    for step in sorted(all_steps, key=lambda s: (s.at, s.change_minor < 0, s.subscription_id)):
        after = total + step.change_minor
        for movement in classify_movement(total, after, ever_paid, step.cause):
            made.append(DatedMovement(step.at, step.subscription_id, movement))
        total = after
        ever_paid = ever_paid or after > 0
    return made
