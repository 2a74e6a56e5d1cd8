"""Adding what is new to the daily totals, without losing a row that commits late."""

from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from billing.rollups.models import RollupMark
from billing.rollups.sources import SOURCES, Source

__all__ = ["forget", "roll_up", "roll_up_all"]


def roll_up(source: Source, *, now: datetime) -> int:
    """Adds the rows of all transactions that have ended to the totals; gives how many there were.

    Rows are taken by the transaction that wrote them, never by their id: a row with a small id may commit
    after one with a larger one. Below the oldest transaction that is still running nothing can appear
    any more. The lock on the mark keeps two runs from adding the same rows.
    """
    RollupMark.objects.bulk_create(
        [RollupMark(source=source.name, below_xid=0, rolled_at=now)], ignore_conflicts=True
    )
    with transaction.atomic():
        mark = locked_mark(source)
        with connection.cursor() as cursor:
            below = horizon(cursor)  # Asked after the lock, so that it is never older than the mark.
            if below <= mark.below_xid:
                return 0
            cursor.execute(_ADD.format(source=source), [str(mark.below_xid), str(below)])
            added = cursor.fetchone()[0]
        mark.below_xid, mark.rolled_at = below, now
        mark.save(update_fields=["below_xid", "rolled_at"])
    return int(added or 0)


def horizon(cursor: CursorWrapper) -> int:
    """The transaction id below which nothing of the whole server is still running."""
    cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
    return int(cursor.fetchone()[0])


def locked_mark(source: Source) -> RollupMark:
    """The source's mark, nobody else's until the transaction ends."""
    return RollupMark.objects.select_for_update().get(source=source.name)


def roll_up_all(*, now: datetime) -> int:
    return sum(roll_up(source, now=now) for source in SOURCES)


def forget(source: Source) -> None:
    """Drops the totals and the mark of a source; the next run sums all its rows again."""
    with transaction.atomic(), connection.cursor() as cursor:
        RollupMark.objects.select_for_update().filter(source=source.name).first()
        cursor.execute("DELETE FROM billing_dailytotal WHERE measure LIKE %s", [source.measures])
        RollupMark.objects.filter(source=source.name).delete()


_ADD = """
WITH fresh AS (
    SELECT {source.measure} AS measure, {source.day} AS day, {source.currency} AS currency,
           count(*) AS rows, sum({source.count}) AS count, sum({source.amount}) AS amount_minor
    FROM {source.table} r WHERE {source.where} AND r.xid >= %s::xid8 AND r.xid < %s::xid8
    GROUP BY 1, 2, 3
), added AS (
    INSERT INTO billing_dailytotal (measure, day, currency, count, amount_minor)
    SELECT measure, day, currency, count, amount_minor FROM fresh
    ON CONFLICT (measure, currency, day) DO UPDATE
    SET count = billing_dailytotal.count + EXCLUDED.count,
        amount_minor = billing_dailytotal.amount_minor + EXCLUDED.amount_minor
)
SELECT sum(rows) FROM fresh
"""
