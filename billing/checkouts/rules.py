"""What a checkout may become and how often one may buy. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from billing.errors import NotAllowed
from billing.history.machines import Machine, moves

MACHINE = Machine(
    "checkoutsession",
    moves("""
        starting → open | complete | expired | failed
        open → complete | expired
        expired → complete
    """),
    moves("""
        failed → open | complete
        open → complete | expired
        expired → complete
    """),
)

#: How many purchases an account may start within an hour.
MOST_AN_HOUR = 10
HOUR = timedelta(hours=1)
#: How long a page can be paid on.
OPEN_FOR = timedelta(hours=1)
#: Two of the same thing so soon after each other are probably one too many.
DOUBLE_WITHIN = timedelta(minutes=10)
MOST_AT_ONCE = 100
#: How many checkouts of a plan an account may start within a day.
MOST_PLANS_A_DAY = 5
DAY = timedelta(days=1)


def check_pace(started: Sequence[datetime], now: datetime) -> None:
    """Raises `NotAllowed` for one purchase too many within an hour; says when the next may start."""
    _check("too_many_purchases", "purchases within an hour", started, now, MOST_AN_HOUR, HOUR)


def check_starts(started: Sequence[datetime], now: datetime) -> None:
    """Raises `NotAllowed` for one checkout of a plan too many within a day; says when the next may start."""
    _check("too_many_starts", "checkouts of a plan within a day", started, now, MOST_PLANS_A_DAY, DAY)


def _check(
    code: str, what: str, started: Sequence[datetime], now: datetime, most: int, within: timedelta
) -> None:
    recent = sorted(at for at in started if at > now - within)
    if len(recent) < most:
        return
    free_at = recent[-most] + within
    raise NotAllowed(
        code,
        f"This account has started {len(recent)} {what}; {most} are allowed. "
        f"The next can start on {free_at:%-d %B at %H:%M} UTC.",
        retry_helps=True,
        facts={"started": len(recent), "free_at": free_at.isoformat()},
    )
