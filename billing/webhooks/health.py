"""How each endpoint is doing: what it heard of late, how fast it was done, and what it refused.

Everything is read over the last 24 hours and, of each endpoint, over its latest 20,000 events at most, so
that the page costs the same whatever has been stored: the limit that is met first is told with the figures.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from billing.webhooks.endpoints import USUAL, declared
from billing.webhooks.models import WebhookRefusal

WINDOW = timedelta(hours=24)
MOST = 20_000
HOURS = 24

SEEN = """
WITH RECURSIVE found AS (
    (SELECT source, endpoint FROM billing_webhookevent WHERE endpoint > '' ORDER BY endpoint LIMIT 1)
    UNION ALL
    SELECT next.source, next.endpoint FROM found, LATERAL (
        SELECT e.source, e.endpoint FROM billing_webhookevent e
        WHERE e.endpoint > '' AND e.endpoint > found.endpoint ORDER BY e.endpoint LIMIT 1
    ) AS next
)
SELECT source, endpoint FROM found
"""

#: One scan of an index for each endpoint: by source for the usual ones, by name for those that have one. Rows
#: of other endpoints that the scan passes count towards its limit, so that it ends.
FIGURES = """
WITH passed AS MATERIALIZED (
    SELECT source, endpoint, state, received_at, processed_at, duplicates FROM billing_webhookevent
    WHERE {which} AND received_at > %(since)s AND received_at <= %(now)s
    ORDER BY received_at DESC, id DESC LIMIT %(most)s
), latest AS (
    SELECT * FROM passed WHERE source = %(source)s AND endpoint = %(endpoint)s
)
SELECT count(*),
       count(*) FILTER (WHERE received_at > %(now)s - interval '1 minute'),
       count(*) FILTER (WHERE received_at > %(now)s - interval '1 hour'),
       count(*) FILTER (WHERE state = 'failed'),
       count(*) FILTER (WHERE state = 'dead'),
       count(*) FILTER (WHERE state IN ('received', 'processing')),
       coalesce(sum(duplicates), 0),
       percentile_disc(ARRAY[0.5, 0.95, 0.99]::float8[]) WITHIN GROUP (
           ORDER BY greatest(processed_at - received_at, interval '0')
       ) FILTER (WHERE state = 'processed'),
       coalesce(max(received_at), (
           SELECT max(received_at) FROM (
               SELECT source, endpoint, received_at FROM billing_webhookevent WHERE {which}
               ORDER BY received_at DESC, id DESC LIMIT %(most)s
           ) AS ever WHERE source = %(source)s AND endpoint = %(endpoint)s
       )),
       (SELECT count(*) FROM passed),
       (SELECT min(received_at) FROM passed)
FROM latest
"""

BY_HOUR = """
SELECT date_trunc('hour', received_at, 'UTC') AS begins, count(*),
       count(*) FILTER (WHERE state IN ('failed', 'dead'))
FROM (
    SELECT state, received_at FROM billing_webhookevent
    WHERE received_at > %(since)s AND received_at <= %(now)s
    ORDER BY received_at DESC, id DESC LIMIT %(most)s
) AS latest GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint's figures of the last day. ``since`` is set when ``MOST`` events came in less: the figures
    begin there. ``secrets_since`` None means that nobody has said how old its secrets are."""

    source: str
    name: str
    declared: bool
    last_at: datetime | None
    day: int = 0
    minute: int = 0
    hour: int = 0
    failed: int = 0
    dead: int = 0
    waiting: int = 0
    duplicates: int = 0
    delays: tuple[timedelta, ...] = ()
    since: datetime | None = None
    refused: dict[str, int] = field(default_factory=dict)
    secrets: int = 0
    secrets_since: datetime | None = None

    @property
    def refusals(self) -> int:
        return sum(self.refused.values())


@dataclass(frozen=True, slots=True)
class Hour:
    """How many came in one hour, and how many of them have gone wrong."""

    begins: datetime
    received: int
    wrong: int


def endpoints(now: datetime) -> list[Endpoint]:
    """Every endpoint that is declared or that something was heard at: two queries, and one for each."""
    known = declared()
    found = list(dict.fromkeys([*known, *_seen()]))
    refused = _refused(now)
    return [_endpoint(source, name, (source, name) in known, refused, now) for source, name in found]


def by_hour(now: datetime) -> tuple[list[Hour], bool]:
    """The last 24 hours of the clock, of all endpoints, the oldest first; and whether there was more than was
    looked at."""
    most = MOST * 5
    last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    begins = [last - timedelta(hours=ago) for ago in range(HOURS - 1, -1, -1)]
    with connection.cursor() as cursor:
        cursor.execute(BY_HOUR, {"now": now, "since": begins[0], "most": most})
        rows = {begin: (count, wrong) for begin, count, wrong in cursor.fetchall()}
    hours = [Hour(begin, *rows.get(begin, (0, 0))) for begin in begins]
    return hours, sum(each.received for each in hours) >= most


def _seen() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(SEEN)
        return [(source, name) for source, name in cursor.fetchall()]


def _endpoint(
    source: str, name: str, is_declared: bool, refused: dict[tuple[str, str], dict[str, int]], now: datetime
) -> Endpoint:
    which = "endpoint = %(endpoint)s AND endpoint > ''" if name else "source = %(source)s"
    with connection.cursor() as cursor:
        cursor.execute(
            FIGURES.format(which=which),
            {"source": source, "endpoint": name, "now": now, "since": now - WINDOW, "most": MOST},
        )
        day, minute, hour, failed, dead, waiting, again, delays, last_at, passed, oldest = cursor.fetchone()
    words = secrets_of(source, name)
    return Endpoint(
        source=source,
        name=name,
        declared=is_declared,
        last_at=last_at,
        day=day,
        minute=minute,
        hour=hour,
        failed=failed,
        dead=dead,
        waiting=waiting,
        duplicates=again,
        delays=tuple(delays or ()),
        since=oldest if passed >= MOST else None,
        refused=refused.get((source, name), {}),
        secrets=len(words),
        secrets_since=secrets_since(source, name),
    )


def _refused(now: datetime) -> dict[tuple[str, str], dict[str, int]]:
    rows = (
        WebhookRefusal.objects.filter(window_at__gt=now - WINDOW)
        .order_by()
        .values_list("source", "endpoint", "reason")
        .annotate(Sum("times"))
    )
    found: dict[tuple[str, str], dict[str, int]] = {}
    for source, name, reason, times in rows:
        found.setdefault((source, name), {})[reason] = times
    return found


def secrets_of(source: str, name: str) -> list[str]:
    """What messages to this endpoint are checked with; empty when nothing is set."""
    if name:
        held = settings.WEBHOOK_ENDPOINTS.get(source, {}).get(name, ())
    else:
        held = getattr(settings, USUAL[source], ()) if source in USUAL else ()
    return ([held] if held else []) if isinstance(held, str) else list(held)


def secrets_since(source: str, name: str) -> datetime | None:
    """When the newest of its secrets was set, as `<variable>_SINCE` says; None when nothing says so."""
    held = getattr(settings, "WEBHOOK_SECRETS_SINCE", {}).get((source, name))
    return datetime.combine(held, datetime.min.time(), UTC) if held else None
