"""How many rows there are: exactly as long as that is cheap, and honestly "about" beyond."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateformat import format as date_format

from dashboard.parts.formatting import grouped

EXACT_UP_TO = 1_000


@dataclass(frozen=True, slots=True)
class Count:
    """A number of rows; `exact` False means that the planner estimated it at `at`."""

    number: int
    exact: bool
    at: datetime

    @property
    def words(self) -> str:
        """3,918 · about 1.2 million."""
        return grouped(self.number) if self.exact else f"about {_rounded(self.number)}"

    @property
    def short(self) -> str:
        """3,918 · 1.2 M, for a tab."""
        return grouped(self.number) if self.exact else _short(self.number)

    @property
    def how(self) -> str:
        """The sentence for the hover."""
        at = date_format(timezone.localtime(self.at), "H:i")
        if self.exact:
            return f"Counted at {at}"
        return f"Estimated by the database at {at}: beyond {grouped(EXACT_UP_TO)} rows are not counted singly"


def count(rows: QuerySet[Any], *, filtered: bool = True) -> Count:
    """Exact up to 1,000 rows, read through a limit; beyond, the planner's estimate.

    Both are asked for however many there are, so that a page's queries are the same in number at 10 rows and
    at 10 million: the estimate reads no row.
    """
    now = timezone.now()
    number = capped_count(rows, EXACT_UP_TO)
    estimate = planned(rows) if filtered else max(stored(rows.model), planned(rows))
    if number <= EXACT_UP_TO:
        return Count(number, True, now)
    return Count(max(estimate, EXACT_UP_TO + 1), False, now)


def capped_count(rows: QuerySet[Any], most: int) -> int:
    """The number of rows, or `most` + 1 when there are more: never reads further."""
    return rows.order_by().values("pk")[: most + 1].count()


def planned(rows: QuerySet[Any]) -> int:
    """How many rows the planner expects, from its statistics alone."""
    try:
        sql, params = rows.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:  # quiet: Django knows without asking that there is no row
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return int(plan[0]["Plan"]["Plan Rows"])


def stored(model: Any) -> int:
    """How many rows the table held when the database last looked; 0 if it never did."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table]
        )
        return max(0, cursor.fetchone()[0])


def _rounded(number: int) -> str:
    if number >= 1_000_000:
        return f"{_tenths(number, 1_000_000)} million"
    step = 1_000 if number >= 10_000 else 100
    return grouped((number + step // 2) // step * step)


def _short(number: int) -> str:
    return f"{_tenths(number, 1_000_000)} M" if number >= 1_000_000 else f"{_tenths(number, 1_000)} k"


def _tenths(number: int, of: int) -> str:
    tenths = (number * 10 + of // 2) // of
    return f"{tenths // 10}.{tenths % 10}" if tenths % 10 and tenths < 1_000 else grouped(tenths // 10)
