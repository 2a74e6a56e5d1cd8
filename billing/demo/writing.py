"""Writing a book into an empty database: COPY, table by table, with every trigger at work."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from psycopg import sql
from psycopg.types.json import Jsonb

from billing.demo.book import TABLES, Book, Row
from billing.history.actors import system
from billing.history.context import acting

__all__ = ["analyze", "is_empty", "write"]


def is_empty() -> bool:
    """Whether no table of a book holds a row."""
    return not any(_model(table)._default_manager.exists() for table in TABLES)


def write(book: Book) -> int:
    """Writes all rows in one transaction and sets the sequences; gives how many there were."""
    written = 0
    with transaction.atomic(), acting(system("demo"), reason="The demo company's books"):
        with connection.cursor() as cursor:
            # Also the statement that carries who acts to the audit triggers: COPY cannot.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            written += _copy(_model(table), book.rows[table])
        with connection.cursor() as cursor:
            # Checked by now; whoever goes on in this transaction writes in an order of their own.
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return written


def analyze() -> None:
    """Lets the planner know what is there now; only the owner of the tables may."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _model(table: str) -> type[models.Model]:
    return apps.get_model("billing", table)


def _copy(model: type[models.Model], rows: list[Row]) -> int:
    fields = [
        f
        for f in model._meta.local_concrete_fields
        if not f.generated and f.db_default is models.NOT_PROVIDED
    ]
    known = {f.attname for f in fields}
    readers = [_reader(f) for f in fields]
    columns = [sql.Identifier(str(f.column)) for f in fields]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(columns),
    )
    with connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
        for row in rows:
            if not row.keys() <= known:
                raise KeyError(f"{model.__name__} has no {sorted(row.keys() - known)}")
            copy.write_row([read(row) for read in readers])
    if rows and model._meta.pk.get_internal_type() == "BigAutoField":
        with connection.cursor() as cursor:
            # The application may draw from a sequence, not set it.
            cursor.execute(
                "SELECT count(nextval(pg_get_serial_sequence(%s, 'id'))) FROM generate_series(1, %s)",
                [model._meta.db_table, rows[-1]["id"]],
            )
    return len(rows)


def _reader(field: Any) -> Callable[[Row], Any]:
    name, empty = field.attname, field.get_default()
    if isinstance(field, models.JSONField):
        return lambda row: Jsonb(row.get(name, {} if empty is None else empty))
    return lambda row: row.get(name, empty)
