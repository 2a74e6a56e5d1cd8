"""Closing what has been billed: usage that is told of later counts from there on, and is never lost."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction

from billing.catalog.terms import known_meter
from billing.history.actors import Actor
from billing.logs import add_facts, service

__all__ = ["close_usage"]

OPEN = """
    INSERT INTO billing_usagestream (customer_id, meter_id, opened_at)
    SELECT c, %s, %s FROM unnest(%s::bigint[]) c ORDER BY c ON CONFLICT DO NOTHING
"""
CLOSE = """
    UPDATE billing_usagestream s SET closed_until = greatest(s.closed_until, %s)
    FROM (SELECT id FROM billing_usagestream WHERE meter_id = %s AND customer_id = ANY(%s)
          ORDER BY customer_id FOR NO KEY UPDATE) mine
    WHERE s.id = mine.id
"""


@service("usage")
@transaction.atomic
def close_usage(
    *, customer_ids: Collection[int], meter: str, until: datetime, actor: Actor, now: datetime
) -> int:
    """Holds these customers' streams and closes them up to ``until``; how many there are.

    Call it before the usage is read, in the transaction that bills it: an event that is being recorded
    meanwhile is either in what is read or counts after ``until``.
    """
    found = known_meter(meter)
    ids = sorted(set(customer_ids))
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [found.pk, now, ids])
        cursor.execute(CLOSE, [until, found.pk, ids])
        closed = cursor.rowcount
    add_facts(meter=meter, customers=closed)
    return closed
