# ruff: noqa: S608 (the SQL is put together from parts written in this file)
"""Daily totals against the rows they sum."""

from billing.checks.check import Check, sql_check
from billing.rollups.sources import SOURCES, Source


def _agrees(source: Source) -> Check:
    rows = f"{source.table} r WHERE {source.where}"
    mark = f"coalesce((SELECT below_xid FROM billing_rollupmark WHERE source = '{source.name}'), '0'::xid8)"
    return sql_check(
        f"totals_of_{source.name}",
        f"rows of {source.name.replace('_', ' ')}: the daily totals are what they add up to",
        of=rows,
        offenders=f"""
            WITH live AS (
                SELECT {source.measure} AS measure, {source.day} AS day, {source.currency} AS currency,
                       sum({source.count}) AS count, sum({source.amount}) AS minor
                FROM {rows} AND r.xid < {mark} GROUP BY 1, 2, 3
            ), kept AS (
                SELECT measure, day, currency, count, amount_minor AS minor FROM billing_dailytotal
                WHERE measure LIKE '{source.measures}'
            )
            SELECT coalesce(l.measure, k.measure) || ' ' || coalesce(l.day, k.day) || ' '
                || coalesce(l.currency, k.currency)
            FROM live l FULL JOIN kept k
                ON k.measure = l.measure AND k.day = l.day AND k.currency = l.currency
            WHERE (l.count, l.minor) IS DISTINCT FROM (k.count, k.minor)
            UNION ALL
            (SELECT 'written by a transaction still to come; after a restore run roll_up --rebuild'
             FROM {source.table} r WHERE r.xid > pg_snapshot_xmax(pg_current_snapshot()) LIMIT 1)
            UNION ALL
            (SELECT 'the mark is ahead of this server; after a restore run roll_up --rebuild'
             WHERE {mark} > pg_snapshot_xmax(pg_current_snapshot()))""",
    )


CHECKS = tuple(_agrees(source) for source in SOURCES)
