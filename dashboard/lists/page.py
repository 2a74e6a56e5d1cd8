"""One page of a list: first the keys of its rows by an index, then the rows themselves.

Orders and limits run over the bare table; joins and sums are made for the fifty rows that are shown. A filter
with several values is read as several scans, each in order and each with the page's limit, and merged: a
rare value never drags the others' rows through.
"""

from dataclasses import dataclass
from itertools import product
from typing import Any

from django.db.models import QuerySet

from dashboard.fetching import FETCH_RECORDED
from dashboard.lists.filters import Choices
from dashboard.lists.keyset import BadCursor, Cursor, beyond, read_cursor
from dashboard.lists.sorts import covering
from dashboard.lists.state import ListState

MOST_SCANS = 16
KEYS = "_key_"


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, where they stand, and the cursors of the pages around."""

    rows: list[Any]
    first: int
    next: str
    previous: str
    trouble: str = ""

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


def page_of(state: ListState, user: Any) -> Page:
    """The page that the state's cursor names; a cursor that cannot be read gives the first page."""
    backwards = bool(state.before)
    text = state.before or state.after
    trouble = ""
    cursor = None
    if text:
        try:
            cursor = read_cursor(text, state.sort, descending=state.descending, model=state.screen.model)
        except BadCursor:
            backwards = False
            trouble = "The place in this address cannot be read: this is the first page."
    size = state.screen.page_size
    keys = page_keys(state, cursor, size + 1, backwards=backwards, user=user)
    if backwards and len(keys) < size:
        backwards, cursor = False, None
        keys = page_keys(state, None, size + 1, backwards=False, user=user)
    more = len(keys) > size
    keys = keys[:size]
    if backwards:
        keys.reverse()
    start = (max(0, cursor.before - len(keys)) if backwards else cursor.before) if cursor else 0
    behind = more if not backwards else True
    ahead = more if backwards else bool(cursor)
    return Page(
        rows=rows_of(state, [row[-1] for row in keys], user),
        first=start + 1 if keys else 0,
        next=Cursor(tuple(keys[-1]), start + len(keys)).write(state.sort, descending=state.descending)
        if behind and keys
        else "",
        previous=Cursor(tuple(keys[0]), start).write(state.sort, descending=state.descending)
        if ahead and keys
        else "",
        trouble=trouble,
    )


def page_keys(
    state: ListState, cursor: Cursor | None, limit: int, *, backwards: bool, user: Any
) -> list[tuple[Any, ...]]:
    """The keys of the next rows in the state's order, at most `limit`, as an index gives them."""
    descending = state.descending != backwards
    expressions = state.sort.expressions()[:-1]
    names = [f"{KEYS}{place}" for place in range(len(expressions))] + ["pk"]
    scans = []
    for rows in scans_of(state, user):
        if cursor:
            rows = beyond(rows, state.sort, cursor, descending=descending)
        rows = state.sort.order(rows, descending=descending).annotate(
            **dict(zip(names, expressions, strict=False))
        )
        scans.append(rows.values_list(*names)[:limit])
    if len(scans) == 1:
        return list(scans[0])
    first, *rest = scans
    order = [("-" if descending else "") + name for name in names]
    return list(first.union(*rest, all=True).order_by(*order)[:limit])


def scans_of(state: ListState, user: Any) -> list[QuerySet[Any]]:
    """The filtered rows, as one scan, or as one for each value of the filters that lead the index."""
    base = state.screen.rows(user)
    index = covering(state.screen.indexes, state.sort, state.used)
    several = [
        name
        for name in (index.equal if index else ())
        if isinstance(state.declared[name], Choices)
        and state.declared[name].one_each
        and len(state.values[name]) > 1
    ]
    combinations = list(product(*(dict.fromkeys(state.values[name]) for name in several)))
    if not several or len(combinations) > MOST_SCANS:
        return [state.narrowed(base)]
    shared = state.narrowed(base, frozenset(several))
    return [
        shared.filter(
            **{
                str(state.declared[name].field_name): value
                for name, value in zip(several, values, strict=True)
            }
        )
        for values in combinations
    ]


def rows_of(state: ListState, keys: list[Any], user: Any) -> list[Any]:
    """The rows with everything they show, in the order of the keys."""
    found = state.screen.rows(user).fetch_mode(FETCH_RECORDED).filter(pk__in=keys).order_by()
    by_key = {row.pk: row for row in found}
    return [by_key[key] for key in keys if key in by_key]
