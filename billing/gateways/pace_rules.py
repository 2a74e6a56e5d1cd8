"""How fast a gateway is called, and when nobody calls it any more. Pure: integers of microseconds."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

#: So many calls in a row without an answer, and nobody calls for a while.
TOO_MANY = 5
FIRST_SHUT, LONGEST_SHUT = timedelta(seconds=30), timedelta(minutes=10)
#: How long the one who tries after that has before another may: longer than any call takes.
TRYING = timedelta(seconds=45)


@dataclass(frozen=True, slots=True)
class Granted:
    """So many calls may be made now; ``wait`` until the next one could be."""

    calls: int
    next_at: datetime
    wait: timedelta


def grant(next_at: datetime | None, now: datetime, *, a_second: int, wanted: int) -> Granted:
    """A bucket of one second's calls that fills evenly, kept as the moment at which it were empty.

    ``next_at`` is when the next call would be exactly on the beat; a second's calls may run ahead.
    """
    beat = timedelta(microseconds=1_000_000 // a_second)
    begins = max(next_at or now, now)
    room = max(0, (now + beat * a_second - begins) // beat)
    calls = min(room, wanted)
    moved = begins + beat * calls
    ahead = moved + beat - (now + beat * a_second)
    return Granted(calls, moved, max(ahead, timedelta(0)))


@dataclass(frozen=True, slots=True)
class Breaker:
    """``failures`` calls in a row went without an answer; until ``shut_until`` nobody calls. ``shuts`` says
    how often it stayed shut since the last answer, which makes each time longer."""

    failures: int = 0
    shuts: int = 0
    shut_until: datetime | None = None

    @property
    def is_calm(self) -> bool:
        return not self.failures and self.shut_until is None


def knock(breaker: Breaker, now: datetime) -> Breaker | None:
    """The breaker after somebody asked to call: the same when they may, and after a pause with the next
    ones held off, so that one alone tries and one more failure shuts it; None when they may not."""
    if breaker.shut_until is None:
        return breaker
    if now < breaker.shut_until:
        return None
    return replace(breaker, failures=TOO_MANY - 1, shut_until=now + TRYING)


def after_call(breaker: Breaker, now: datetime, *, answered: bool) -> Breaker:
    """One answer opens it again; one too many without shuts it, each time for twice as long."""
    if answered:
        return Breaker()
    if breaker.failures >= TOO_MANY and breaker.shut_until and now < breaker.shut_until:
        return breaker  # It was shut while this call was still under way.
    failures = breaker.failures + 1
    if failures < TOO_MANY:
        return replace(breaker, failures=failures)
    pause = min(FIRST_SHUT * 2 ** min(breaker.shuts, 10), LONGEST_SHUT)
    return Breaker(failures, breaker.shuts + 1, now + pause)
