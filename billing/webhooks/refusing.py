"""Counting what was refused, by the sender's address, and answering cheaply once it is too much.

Each refusal adds one to a row of its address, reason and window of ten minutes, so that all processes count
together. An address above the limit is remembered by the process until its window ends: from then on its
refusals cost no statement but are counted in memory and written every hundred or every five seconds. The
signature is looked at first all the same, so that a stranger behind an address that the gateway shares never
shuts the gateway out.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock
from typing import Any

from django.conf import settings

WINDOW = timedelta(minutes=10)
WRITE_AFTER = timedelta(seconds=5)
WRITE_AT = 100
#: Addresses that one process remembers; what comes beyond them is counted in the database alone.
REMEMBERED = 10_000

ADD = """
WITH added AS (
    INSERT INTO billing_webhookrefusal AS held
        (source, endpoint, address, reason, window_at, last_at, times)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (address, window_at, source, endpoint, reason)
        DO UPDATE SET times = held.times + EXCLUDED.times, last_at = EXCLUDED.last_at
    RETURNING id, times
)
SELECT added.times + coalesce((
    SELECT sum(others.times) FROM billing_webhookrefusal others
    WHERE others.address = %s AND others.window_at = %s AND others.id <> added.id
        AND others.reason <> 'secret_missing'
), 0)::bigint FROM added
"""

type Ask = Callable[[str, Sequence[Any]], list[Any]]


@dataclass(slots=True)
class Standing:
    """What this process knows of an address that is above the limit."""

    until: datetime
    written_at: datetime
    unwritten: Counter[tuple[str, str, str]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Count:
    """After how many seconds it may try again, when it is above the limit; and how many refusals a line in
    the log should speak of, 0 for no line."""

    wait: int
    speak_of: int


_known: dict[str, Standing] = {}
_mutex = Lock()


def forget() -> None:
    """As if the process had just started."""
    with _mutex:
        _known.clear()


def window_of(now: datetime) -> datetime:
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def counted_as(address: str) -> str:
    """An IPv6 sender has a whole network to choose from: it is counted by its first 64 bits."""
    try:
        found = ip_address(address)
    except ValueError:  # quiet: an address we cannot read is counted as unknown
        return "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ip_network((found, 64), strict=False))
    return str(found)


def wait_of(address: str, *, now: datetime) -> int:
    """Seconds until an address above the limit is looked at again; 0 for any other. Asks nobody."""
    standing = _known.get(counted_as(address))
    return _seconds(standing.until - now) if standing is not None and standing.until > now else 0


def count(*, source: str, endpoint: str, address: str, reason: str, now: datetime, ask: Ask) -> Count:
    """Counts a refusal. Raises what ``ask`` raises; then it is not counted."""
    sender, key = counted_as(address), (source, endpoint, reason)
    with _mutex:
        standing = _known.get(sender)
        if standing is not None and standing.until <= now:
            # The window is over: what is left of it is written below, with this one in the new window.
            del _known[sender]
        elif standing is not None:
            standing.unwritten[key] += 1
            due = standing.unwritten.total() >= WRITE_AT or now - standing.written_at >= WRITE_AFTER
            if not due:
                return Count(_seconds(standing.until - now), 0)
            unwritten, standing.unwritten = standing.unwritten, Counter()
            standing.written_at = now
    if standing is None or standing.until <= now:
        total = _add(ask, sender, key, window_of(now), now, 1)
        for old, times in standing.unwritten.items() if standing is not None else ():
            _add(ask, sender, old, standing.until - WINDOW, now, times)  # type: ignore[union-attr]
        return _judge(sender, reason, total, now)
    for old, times in unwritten.items():
        _add(ask, sender, old, standing.until - WINDOW, now, times)
    return Count(_seconds(standing.until - now), unwritten.total())


def _add(
    ask: Ask, sender: str, key: tuple[str, str, str], window_at: datetime, now: datetime, times: int
) -> int:
    source, endpoint, reason = key
    rows = ask(ADD, [source, endpoint, sender, reason, window_at, now, times, sender, window_at])
    return int(rows[0][0])


def _judge(sender: str, reason: str, total: int, now: datetime) -> Count:
    until = window_of(now) + WINDOW
    if reason == "secret_missing" or total <= settings.WEBHOOK_REFUSALS_ALLOWED:
        return Count(0, 1)
    with _mutex:
        if len(_known) >= REMEMBERED:
            for gone in [each for each, standing in _known.items() if standing.until <= now]:
                del _known[gone]
        if len(_known) < REMEMBERED:
            _known.setdefault(sender, Standing(until, now))
    return Count(_seconds(until - now), 1)


def _seconds(span: timedelta) -> int:
    return max(1, -(-span // timedelta(seconds=1)))
