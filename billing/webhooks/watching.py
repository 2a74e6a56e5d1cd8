"""Watching the inbox each minute: events that died, a backlog that grows, an endpoint that fell silent.

Each opens an alert while it is so and closes it when it no longer is. All questions are bounded: none costs
more because a million events are stored.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from billing.logs import add_facts, service
from billing.metrics import rhythm
from billing.metrics.models import HeardSpan
from billing.notifications.services import close_alert, close_others, open_alert
from billing.webhooks.models import WebhookEvent, WebhookState

DEAD, LAG, QUIET = "webhooks.dead", "webhooks.lag", "webhooks.quiet"
#: The newest dead events that are looked at, and kinds of them that alerts are opened for.
MOST_DEAD, MOST_KINDS = 1_000, 20
MOST_WAITING = 10_000
#: What was received so lately may not be visible yet.
SETTLED = timedelta(seconds=5)
REMEMBERED = rhythm.WEEK * (rhythm.WEEKS + 1)
#: An endpoint silent for so long is given up: its alert closes and it is watched again once it speaks.
GIVEN_UP = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Inbox:
    """What waits now. ``waiting`` and ``dead`` are counted up to their limits."""

    oldest_due_at: datetime | None
    oldest: WebhookEvent | None
    waiting: int
    dead: Mapping[tuple[str, str], int]
    last_heard: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def all_dead_seen(self) -> bool:
        return sum(self.dead.values()) < MOST_DEAD

    def lag(self, now: datetime) -> timedelta:
        return max(now - self.oldest_due_at, timedelta()) if self.oldest_due_at else timedelta()


def inbox(now: datetime) -> Inbox:
    """How the inbox stands, in four bounded questions."""
    due = WebhookEvent.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    oldest = due.only("pk", "source", "type", "due_at").first()
    waiting = len(due.values_list("pk", flat=True)[:MOST_WAITING])
    dead = WebhookEvent.objects.filter(state=WebhookState.DEAD).order_by("-received_at", "-pk")
    return Inbox(
        oldest_due_at=oldest.due_at if oldest else None,
        oldest=oldest,
        waiting=waiting,
        dead=Counter(dead.values_list("source", "type")[:MOST_DEAD]),
        last_heard=last_heard(),
    )


def last_heard() -> dict[str, datetime]:
    """When each sender ("source/endpoint") was heard last, as of the latest watch."""
    latest = HeardSpan.objects.order_by("sender", "-span_at").distinct("sender")
    return dict(latest.values_list("sender", "last_at"))


@service("webhooks")
def watch(*, now: datetime) -> dict[str, int]:
    """Looks at everything once; how many alerts of each kind stand after it."""
    listen(now=now)
    found = inbox(now)
    standing = {DEAD: _dead(found, now), LAG: _lag(found, now), QUIET: _quiet(found.last_heard, now)}
    add_facts(**{kind.partition(".")[2]: n for kind, n in standing.items()})
    return standing


def listen(*, now: datetime) -> int:
    """Adds what has been received since the last time to the endpoints' rhythms; how many spans grew.

    The mark is the latest message that was counted. At the first time, and after long silence, the time to
    catch up is taken a day at a time.
    """
    grown = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('webhooks.listen'))")
        cursor.execute("SELECT max(last_at) FROM billing_heardspan")
        mark = max(cursor.fetchone()[0] or now - REMEMBERED, now - REMEMBERED)
        while mark < now - SETTLED:
            until = min(mark + timedelta(days=1), now - SETTLED)
            cursor.execute(_LISTEN, [mark, until])
            grown += cursor.rowcount
            mark = until
        cursor.execute(_FORGET, [REMEMBERED.days, now - GIVEN_UP])
    return grown


def _dead(found: Inbox, now: datetime) -> int:
    """One alert for each source and type of which events are dead."""
    kinds = sorted(found.dead.items(), key=lambda item: (-item[1], item[0]))[:MOST_KINDS]
    for (source, type_), n in kinds:
        words = "event is dead" if n == 1 else "events are dead"
        open_alert(
            kind=DEAD,
            key=f"{source}:{type_}",
            sentence=f"{n:,} {words}: {type_} of {source}.",
            facts={"source": source, "type": type_, "count": n},
            now=now,
        )
    if found.all_dead_seen:
        close_others(kind=DEAD, keys={f"{source}:{type_}" for source, type_ in found.dead}, now=now)
    return len(kinds)


def _lag(found: Inbox, now: datetime) -> int:
    lag, limit = found.lag(now), timedelta(seconds=settings.WEBHOOK_LAG_LIMIT_SECONDS)
    if lag <= limit or found.oldest is None:
        close_alert(kind=LAG, key="inbox", now=now)
        return 0
    waits = f"{found.waiting:,}" if found.waiting < MOST_WAITING else f"{MOST_WAITING:,} or more"
    waits += " is due" if found.waiting == 1 else " are due"
    open_alert(
        kind=LAG,
        key="inbox",
        sentence=f"Webhook events wait for {in_words(lag)}; the limit is {in_words(limit)}. {waits}.",
        facts={"event": found.oldest.pk, "seconds": int(lag.total_seconds()), "waiting": found.waiting},
        now=now,
    )
    return 1


def _quiet(heard: Mapping[str, datetime], now: datetime) -> int:
    """One alert for each endpoint whose silence does not fit its own earlier weeks."""
    shortest = timedelta(minutes=settings.WEBHOOK_QUIET_MINUTES)
    silent: set[str] = set()
    for sender, last_at in sorted(heard.items()):
        if now - last_at < shortest:
            continue
        spans = HeardSpan.objects.filter(sender=sender).values_list("span_at", "heard")
        usual = rhythm.is_odd(dict(spans), last_at, now, shortest=shortest)
        if usual is None:
            continue
        silent.add(sender)
        source, _, endpoint = sender.partition("/")
        named = f"{source} ({endpoint})" if endpoint else source
        open_alert(
            kind=QUIET,
            key=sender,
            sentence=f"Nothing from {named} for {in_words(now - last_at)}, "
            f"where about {usual:,} events are usual.",
            facts={"source": source, "endpoint": endpoint, "last_at": last_at.isoformat(), "usual": usual},
            now=now,
        )
    close_others(kind=QUIET, keys=silent, now=now)
    return len(silent)


def in_words(time: timedelta) -> str:
    """45 s, 12 min, 3 h 5 min, 2 d 4 h."""
    seconds = int(time.total_seconds())
    days, hours, minutes = seconds // 86_400, seconds // 3_600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


_LISTEN = """
INSERT INTO billing_heardspan (sender, span_at, heard, last_at)
SELECT source || '/' || endpoint,
       date_bin('15 minutes', received_at, timestamptz '2020-01-01 00:00+00') AS span,
       count(*), max(received_at)
  FROM billing_webhookevent
 WHERE received_at > %s AND received_at <= %s
 GROUP BY 1, 2
 ORDER BY 1, 2
ON CONFLICT (sender, span_at) DO UPDATE
SET heard = billing_heardspan.heard + EXCLUDED.heard,
    last_at = greatest(billing_heardspan.last_at, EXCLUDED.last_at)
"""

_FORGET = """
WITH latest AS (SELECT sender, max(last_at) AS last_at FROM billing_heardspan GROUP BY sender)
DELETE FROM billing_heardspan held USING latest
 WHERE latest.sender = held.sender
   AND (held.span_at < latest.last_at - make_interval(days => %s) OR latest.last_at < %s)
"""
