"""Paging by the keys of the last row seen: page 10,000 costs what page 1 costs.

A cursor holds the sort, its direction, the keys of one row and how many rows came before it. It is not a
secret and not trusted: what does not read as such is refused, and the first page is shown.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Func, Model, QuerySet, Value
from django.utils.dateparse import parse_datetime

from dashboard.lists.sorts import Sort

LONGEST = 600
FURTHEST = 10**12


class BadCursor(ValueError):
    """The text is no cursor of this list in this order."""


class RowCompare(Func):
    """`(a, b) < (x, y)` as PostgreSQL reads it from an index: row by row, not column by column."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, left: list[Any], operator: str, right: list[Any], **extra: Any) -> None:
        self.operator = operator
        super().__init__(*left, *right, **extra)

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **_: Any
    ) -> tuple[str, tuple[Any, ...]]:
        parts, params = [], []
        for each in self.get_source_expressions():
            sql, values = compiler.compile(each)
            parts.append(sql)
            params.extend(values)
        half = len(parts) // 2
        return f"({', '.join(parts[:half])}) {self.operator} ({', '.join(parts[half:])})", tuple(params)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The keys of one row in a sort, and how many rows stand before the page that begins behind it."""

    keys: tuple[Any, ...]
    before: int

    def write(self, sort: Sort, *, descending: bool) -> str:
        whole = [sort.name, int(descending), self.before, [_plain(key) for key in self.keys]]
        return (
            base64.urlsafe_b64encode(json.dumps(whole, separators=(",", ":")).encode()).decode().rstrip("=")
        )


def read_cursor(text: str, sort: Sort, *, descending: bool, model: type[Model]) -> Cursor:
    """Raises `BadCursor` for anything that this list did not write for this order."""
    try:
        if len(text) > LONGEST:
            raise BadCursor("too long")
        whole = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        name, down, before, keys = whole
        if name != sort.name or bool(down) != descending or not isinstance(before, int):
            raise BadCursor("of another order")
        if not 0 <= before <= FURTHEST or len(keys) != len(sort.keys) + 1:
            raise BadCursor("of another shape")
        return Cursor(
            tuple(_typed(model, *pair) for pair in zip((*sort.keys, "pk"), keys, strict=True)), before
        )
    except (ValueError, TypeError, binascii.Error, RecursionError, ValidationError) as error:
        raise BadCursor(str(error)) from error


def beyond(rows: QuerySet[Any], sort: Sort, cursor: Cursor, *, descending: bool) -> QuerySet[Any]:
    """The rows that come after the cursor's in this direction."""
    values = [Value(key) for key in cursor.keys]
    return rows.filter(RowCompare(sort.expressions(), "<" if descending else ">", values))


def _plain(key: Any) -> Any:
    if isinstance(key, datetime | date):
        return key.isoformat()
    return str(key) if isinstance(key, Decimal) else key


def _typed(model: type[Model], key: str, value: Any) -> Any:
    """The value as the key's own field reads it; a cursor's texts never reach SQL as another type."""
    field: Any = model._meta.pk if key == "pk" else _field(model, key)
    if isinstance(value, str) and field.get_internal_type() == "DateTimeField":
        moment = parse_datetime(value)
        if moment is None or moment.tzinfo is None:
            raise BadCursor("no moment")
        return moment
    read = field.to_python(value)
    if read is None or isinstance(value, bool | list | dict):
        raise BadCursor("no value")
    if isinstance(read, int) and not -(2**63) <= read < 2**63:
        raise BadCursor("out of range")
    if isinstance(read, str) and "\x00" in read:
        raise BadCursor("no text")
    return read


def _field(model: type[Model], path: str) -> Any:
    *steps, last = path.split("__")
    for step in steps:
        model = model._meta.get_field(step).related_model  # type: ignore[assignment]
    return model._meta.get_field(last)
