"""Figures from the daily totals and the rows that came since: exact at every moment."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from billing.rollups.models import RollupMark
from billing.rollups.sources import Source

__all__ = ["DayFigure", "by_day", "total"]


@dataclass(frozen=True, slots=True)
class DayFigure:
    """How many rows, and what amount in minor units, one measure had on one day in one currency."""

    measure: str
    day: date
    currency: str
    count: int
    amount_minor: int


def by_day(source: Source, measures: list[str], first: date, last: date) -> list[DayFigure]:
    """The figures of the measures from ``first`` to ``last``, both included; days without rows are absent."""
    while True:
        mark = RollupMark.objects.filter(source=source.name).values_list("below_xid", flat=True).first() or 0
        with connection.cursor() as cursor:
            bounds: list[Any] = [measures, first, last]
            cursor.execute(_FIGURES.format(source=source), [source.name, *bounds, str(mark), *bounds])
            rows = cursor.fetchall()
        # A run that moved the mark between the two statements would count its rows twice: ask again.
        if all(int(row[0]) == mark for row in rows):
            return [
                DayFigure(row[1], row[2], row[3], int(row[4]), int(row[5]))
                for row in rows
                if row[1] is not None
            ]


def total(source: Source, measure: str, first: date, last: date, currency: str) -> tuple[int, int]:
    """Count and amount of a measure in one currency over the days, both included."""
    figures = [f for f in by_day(source, [measure], first, last) if f.currency == currency]
    return sum(f.count for f in figures), sum(f.amount_minor for f in figures)


_FIGURES = """
WITH mark AS (
    SELECT coalesce((SELECT below_xid::text FROM billing_rollupmark WHERE source = %s), '0') AS xid
), both_parts AS (
    SELECT measure, day, currency, count, amount_minor FROM billing_dailytotal
    WHERE measure = ANY(%s) AND day BETWEEN %s AND %s
    UNION ALL
    SELECT measure, day, currency, count, amount_minor FROM (
        SELECT {source.measure} AS measure, {source.day} AS day, {source.currency} AS currency,
               {source.count} AS count, {source.amount} AS amount_minor
        FROM {source.table} r WHERE {source.where} AND r.xid >= %s::xid8
    ) tail WHERE measure = ANY(%s) AND day BETWEEN %s AND %s
), summed AS (
    SELECT measure, day, currency, sum(count) AS count, sum(amount_minor) AS amount_minor
    FROM both_parts GROUP BY 1, 2, 3
)
SELECT mark.xid, s.measure, s.day, s.currency, s.count, s.amount_minor
FROM mark LEFT JOIN summed s ON true ORDER BY s.day, s.measure, s.currency
"""
