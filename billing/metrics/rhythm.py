"""Whether a sender's silence is odd, judged by its own earlier weeks. Pure.

The silence is laid over the same hours of each earlier week, so that nights and Sundays are compared with
nights and Sundays. It is odd when those weeks would make so many messages expected that none at all is no
chance: of a sender who says ten in that time on average, one silence in 22,000 is chance.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from statistics import median

SPAN = timedelta(minutes=15)
WEEK = timedelta(days=7)
WEEKS = 4
#: A sender must be known for so many weeks before its silence means anything.
LEAST_WEEKS = 2
#: How many messages the silence would usually have brought.
EXPECTED = 10


def span_of(at: datetime) -> datetime:
    """The beginning of the quarter of an hour that holds ``at``."""
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


def usually_heard(heard: Mapping[datetime, int], since: datetime, until: datetime) -> int | None:
    """The median of what the earlier weeks brought in the same hours; None when too few weeks are known.

    ``heard`` counts by quarter of an hour. Only whole quarters within the silence are compared, and of a
    silence longer than a week its first week.
    """
    if not heard:
        return None
    first = min(heard)
    begin, end = span_of(since) + SPAN, span_of(min(until, since + WEEK))
    sums = []
    for weeks in range(1, WEEKS + 1):
        shift = WEEK * weeks
        if begin - shift < first:
            break
        sums.append(sum(n for at, n in heard.items() if begin - shift <= at < end - shift))
    return int(median(sums)) if len(sums) >= LEAST_WEEKS else None


def is_odd(
    heard: Mapping[datetime, int], last_at: datetime, now: datetime, *, shortest: timedelta
) -> int | None:
    """How many messages the silence since ``last_at`` usually brings, when it is odd; else None."""
    if now - last_at < shortest:
        return None
    usual = usually_heard(heard, last_at, now)
    return usual if usual is not None and usual >= EXPECTED else None
