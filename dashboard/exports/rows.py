"""The lines of an export, one after the other, however many there are."""

import csv
from collections.abc import Iterator
from typing import Any

import structlog
from django.db import Error as DatabaseError

from billing.money import Money
from dashboard.exports.cells import at_path, cell, money_cells
from dashboard.lists.keyset import Cursor
from dashboard.lists.page import page_keys, rows_of
from dashboard.lists.screen import Export
from dashboard.lists.state import ListState

CHUNK = 1_000
log = structlog.get_logger(__name__)


class Line:
    """A file of which each write is the line itself."""

    def write(self, text: str) -> str:
        return text


def lines(state: ListState, user: Any) -> Iterator[str]:
    """The header, a line for each row of the list in its order, the control totals and the count.

    Rows are read by keyset a thousand at a time: memory and cost of a line do not grow with the export.
    """
    columns = state.screen.exports
    write = csv.writer(Line()).writerow
    yield "\ufeff" + write(_header(columns))
    totals: dict[tuple[str, str], int] = {}
    number = 0
    try:
        for row in _rows(state, user):
            yield write(_line(columns, row, totals))
            number += 1
    except DatabaseError:
        log.exception("export_broke_off", screen=state.screen.name, rows=number)
        yield write([f"Broken off after {number} rows: this file is not complete. Export it again."])
        return
    for (label, currency), minor in sorted(totals.items()):
        yield write(["Control total", label, *money_cells(Money(minor, currency))])
    yield write(["Control total", "Rows", number])
    log.info("export_done", screen=state.screen.name, rows=number, actor=f"staff:{user.pk}")


def _rows(state: ListState, user: Any) -> Iterator[Any]:
    cursor = None
    while keys := page_keys(state, cursor, CHUNK, backwards=False, user=user):
        yield from rows_of(state, [key[-1] for key in keys], user)
        if len(keys) < CHUNK:
            return
        cursor = Cursor(tuple(keys[-1]), 0)


def _header(columns: tuple[Export, ...]) -> list[str]:
    return [
        label
        for each in columns
        for label in ([each.label, f"{each.label} currency"] if each.money else [each.label])
    ]


def _line(columns: tuple[Export, ...], row: Any, totals: dict[tuple[str, str], int]) -> list[str]:
    cells: list[str] = []
    for each in columns:
        value = at_path(row, each.value) if isinstance(each.value, str) else each.value(row)
        if each.money:
            cells += money_cells(value)
            if value is not None:
                key = (each.label, value.currency)
                totals[key] = totals.get(key, 0) + value.minor
        else:
            cells.append(cell(value))
    return cells
