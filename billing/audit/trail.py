# ruff: noqa: S608 (names of tables and columns come from the catalogue)
"""The rows of the trail in the order of the chain: transaction, table, id; in bounded memory."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from billing.audit.columns import event_tables
from billing.audit.leaves import Leaf, hash_of

FETCH = 2_000
#: Tables beside the audit tables that the chain holds, with their columns of transaction and id.
BESIDE = {"billing_historyentry": ("xid", "id"), "billing_accessread": ("xid", "id")}
#: Not of the row's content: the transaction stands in the leaf.
LEFT_OUT = ("pgh_xid", "xid")

Shapes = dict[str, list[str]]


def sealed_tables() -> list[str]:
    """Every table that the chain holds, in its order."""
    return sorted({*event_tables(), *BESIDE})


def keys_of(table: str) -> tuple[str, str]:
    """The columns of the transaction and of the id."""
    return BESIDE.get(table, ("pgh_xid", "pgh_id"))


def shapes_now(cursor: CursorWrapper) -> Shapes:
    """The columns of each table of the chain as they are now, in alphabetical order."""
    cursor.execute(
        'SELECT c.relname, array_agg(a.attname::text ORDER BY a.attname::text COLLATE "C") '
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%s) "
        "AND NOT a.attname = ANY(%s) GROUP BY 1",
        [sealed_tables(), list(LEFT_OUT)],
    )
    return dict(cursor.fetchall())


def speak_plainly(cursor: CursorWrapper) -> None:
    """What a value reads like must not depend on who asks: until the end of the transaction."""
    cursor.execute("SET LOCAL TimeZone = 'UTC'")
    cursor.execute("SET LOCAL DateStyle = 'ISO, YMD'")
    cursor.execute("SET LOCAL IntervalStyle = 'iso_8601'")
    cursor.execute("SET LOCAL bytea_output = 'hex'")


def rows(shapes: Mapping[str, Sequence[str]], from_xid: int, below_xid: int) -> Iterator[tuple[Leaf, Any]]:
    """Each row's leaf with the moment that it was written, by transaction, table and id.

    Reads through server-side cursors, `FETCH` rows of each table at a time; inside a transaction.
    """
    tables = sorted(shapes)
    scans = [_scan(place, table, shapes[table], from_xid, below_xid) for place, table in enumerate(tables)]
    return heapq.merge(*scans, key=lambda found: found[0].place)


def _scan(
    place: int, table: str, columns: Sequence[str], from_xid: int, below_xid: int
) -> Iterator[tuple[Leaf, Any]]:
    quote = connection.ops.quote_name
    xid, key = keys_of(table)
    at = "pgh_created_at" if key == "pgh_id" else "at"
    listed = ", ".join(quote(column) for column in columns)
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT {xid}::text, {key}, {at}, to_json(ARRAY[{_cells(columns)}])::text FROM {quote(table)} "
            f"WHERE {xid} >= %s::xid8 AND {xid} < %s::xid8 ORDER BY {xid}, {key}"
            if listed
            else "",
            [str(from_xid), str(below_xid)],
        )
        for found in iter(lambda: cursor.fetchmany(FETCH), []):
            for written_by, row_id, moment, values in found:
                yield Leaf(int(written_by), place, row_id, hash_of(table, values)), moment


def _cells(columns: Sequence[str]) -> str:
    """Each value as JSON writes it: types keep apart what text would confuse."""
    quote = connection.ops.quote_name
    return ", ".join(f"to_jsonb({quote(column)})" for column in columns)
