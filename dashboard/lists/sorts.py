"""The orders that a list offers, and the indexes that make each of them cost the same on every page."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce


@dataclass(frozen=True, slots=True)
class Sort:
    """One order: the fields of `keys`, all in one direction, with the primary key added as the last.

    `newest` and `oldest` name the two directions; `descending` is the one that comes first. A nullable
    field stands in `nulls` with the value that it counts as (and its index is on that `Coalesce`).
    `ranges` are the filters that bound the first key, so that any index of this order serves them.
    """

    name: str
    label: str
    keys: tuple[str, ...]
    descending: bool = True
    down: str = "Highest first"
    up: str = "Lowest first"
    nulls: dict[str, Any] = field(default_factory=dict)
    ranges: tuple[str, ...] = ()

    def expressions(self) -> list[Any]:
        """What the database sorts by, in order."""
        return [
            Coalesce(F(key), Value(self.nulls[key])) if key in self.nulls else F(key)
            for key in (*self.keys, "pk")
        ]

    def order(self, rows: QuerySet[Any], *, descending: bool) -> QuerySet[Any]:
        return rows.order_by(*(each.desc() if descending else each.asc() for each in self.expressions()))

    def word(self, *, descending: bool) -> str:
        return self.down if descending else self.up


def by_time(name: str = "created", label: str = "Created", key: str = "created_at", **more: Any) -> Sort:
    """Newest first by a moment; bounded by the filters `<name>_from` and `<name>_to`."""
    words = {"down": "Newest first", "up": "Oldest first", "ranges": (f"{name}_from", f"{name}_to")}
    return Sort(name, label, (key,), **{**words, **more})


@dataclass(frozen=True, slots=True)
class Index:
    """A composite index: the filters in `equal` come first in it, then the keys of `sort`.

    `narrow` says that a value of these filters leaves so few rows that any further filter, and any order,
    may be taken on top.
    """

    sort: str
    equal: tuple[str, ...] = ()
    narrow: bool = False


def covering(indexes: tuple[Index, ...], sort: Sort, used: set[str]) -> Index | None:
    """The index that serves these filters in this order, the most selective first; None if there is none."""
    fitting = [
        index
        for index in indexes
        if set(index.equal) <= used
        and (index.narrow or (index.sort == sort.name and used - set(index.equal) <= set(sort.ranges)))
    ]
    return max(fitting, key=lambda index: (index.narrow, len(index.equal)), default=None)
