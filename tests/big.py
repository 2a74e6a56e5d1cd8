"""A table made big for one test, and the planner's memory of it taken back afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from tests import bulk


@contextmanager
def big_table(table: str, insert: str, **values: Any) -> Iterator[None]:
    """Fills the table by one statement, analyses it, and rolls back.

    What ANALYZE writes stays after a rollback: without a second one, lists would go on taking the table for a
    big one and answer "narrow first".
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(insert, values)
            bulk.analyse(table)
            yield
            transaction.set_rollback(True)
    finally:
        bulk.analyse(table)
