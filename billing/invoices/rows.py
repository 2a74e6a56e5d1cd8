"""Writing many invoices at once: each table in one statement, however many there are."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models

__all__ = ["Json", "copy_rows", "next_ids", "number_block"]

DIGITS = 6


class Json(str):
    """What is JSON already: written as it is."""

    __slots__ = ()


def next_ids(model: type[models.Model], count: int) -> list[int]:
    """Ids for rows that are still to be written."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
        )
        return [row[0] for row in cursor.fetchall()]


def copy_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Inserts rows by one COPY; triggers and constraints see them as they see any insert.

    Mappings and lists are written as JSON. Columns that are left out get their default of the database, so
    name every column that has none.
    """
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    statement = f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([json.dumps(v) if type(v) in (dict, list) else v for v in row])


def number_block(series: str, count: int, now: datetime) -> tuple[str, int, datetime]:
    """Takes ``count`` numbers of the year's series in one statement: prefix, first number, date of issue.

    Whoever numbers next waits until this transaction ends, and one rolled back takes none: call it when all
    else is written. The date of issue is never before that of the last number taken.
    """
    prefix = f"{series}-{now:%Y}-"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_numberseries AS s (name, prefix, next_number) VALUES (%s, %s, %s + 1) "
            "ON CONFLICT (name) DO UPDATE SET next_number = s.next_number + %s RETURNING next_number - %s",
            [prefix.rstrip("-").lower(), prefix, count, count, count],
        )
        first = cursor.fetchone()[0]
        cursor.execute(
            "SELECT finalised_at FROM billing_invoice WHERE number = %s",
            [f"{prefix}{first - 1:0{DIGITS}d}"],
        )
        last = cursor.fetchone()
    return prefix, first, max(now, last[0]) if last and last[0] else now
