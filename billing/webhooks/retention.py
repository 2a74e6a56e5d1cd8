"""How long the content of messages is kept: by whole months, while the fact that they came stays for good.

A month is dropped once its last day lies further back than WEBHOOK_CONTENT_DAYS, so content is kept that long
and up to a month longer. The event's row and its unique key stay: a message of last year that comes again is
a duplicate still.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction

from billing.logs import add_facts, note_odd, service
from billing.webhooks.models import WebhookRefusal

AHEAD = 3
PATIENCE = "2s"
BATCH = 5_000

MONTHS = """
SELECT substring(c.relname from '[0-9]{4}_[0-9]{2}$')
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'billing_webhookpayload'::regclass AND c.relname ~ '_[0-9]{4}_[0-9]{2}$'
ORDER BY 1
"""
REST = """
DELETE FROM billing_webhookpayload_rest WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM billing_webhookpayload_rest WHERE received_at < %s LIMIT %s))
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """Months made and dropped, rows deleted outside of any month, and counts of refusals deleted."""

    made: int
    dropped: int
    deleted: int
    refusals: int


@service("webhooks")
def keep_contents(*, now: datetime) -> Kept:
    """Makes the months to come, drops those whose time is over, and deletes what lies in none of them.

    Safe to repeat. A month that somebody is reading at this moment is left for the next time, rather than
    have messages wait behind us.
    """
    since = now - timedelta(days=settings.WEBHOOK_CONTENT_DAYS)
    month = now.astimezone(UTC).date().replace(day=1)
    made = 0
    for _ in range(AHEAD + 1):
        made += _call("billing_add_webhook_month", month)
        month = following(month)
    over = [each for each in months() if _begin(following(each)) <= since]
    dropped = sum(_call("billing_drop_webhook_month", each) for each in over)
    deleted = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(REST, [since, BATCH])
            deleted += cursor.rowcount
            if cursor.rowcount < BATCH:
                break
    refusals, _ = WebhookRefusal.objects.filter(window_at__lt=since).delete()
    add_facts(made=made, dropped=dropped, deleted=deleted, refusals=refusals)
    return Kept(made, dropped, deleted, refusals)


def months() -> list[date]:
    """The months that have a part of the table to themselves, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(MONTHS)
        return [date(int(name[:4]), int(name[5:]), 1) for (name,) in cursor.fetchall()]


def following(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _begin(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)


def _call(function: str, month: date) -> bool:
    """Runs one of the two functions in a transaction of its own; False when there was nothing to do, or when
    the table was in use for longer than we wait."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            cursor.execute(f"SELECT {function}(%s)", [month])
            return bool(cursor.fetchone()[0])
    except OperationalError as busy:
        note_odd("webhooks.month_in_use", month=month.isoformat(), error=type(busy).__name__)
        return False
