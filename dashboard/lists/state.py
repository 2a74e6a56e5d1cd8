"""The URL is the whole state of a list: read here, and written again for every link on the page."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from dashboard.lists.filters import ListFilter, ListFilters
from dashboard.lists.screen import ListScreen, Params, Tab
from dashboard.lists.sorts import Sort

Given = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Chip:
    """field · operator · value · ×"""

    name: str
    label: str
    operator: str
    value: str
    without: str


@dataclass(frozen=True)
class ListState:
    """What the URL asks of a list. `troubles` are sentences about what it asked in vain."""

    screen: ListScreen
    filters: Given
    sort: Sort
    descending: bool
    view: str
    columns: tuple[str, ...]
    after: str = ""
    before: str = ""
    peek: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()
    form: Any = None
    declared: Mapping[str, ListFilter] = field(default_factory=dict)
    picked: tuple[int, ...] = ()

    @property
    def used(self) -> set[str]:
        """Names of the filters that narrow the rows."""
        return set(self.values)

    def narrowed(self, rows: QuerySet[Any], without: frozenset[str] = frozenset()) -> QuerySet[Any]:
        for name, value in self.values.items():
            if name not in without:
                rows = self.declared[name].filter(rows, value)
        return rows.filter(pk__in=self.picked) if self.picked else rows

    def sort_word(self) -> str:
        return ("-" if self.descending else "") + self.sort.name

    @property
    def direction(self) -> str:
        """Newest first."""
        return self.sort.word(descending=self.descending)

    def params(self, **changes: Any) -> Given:
        """The URL's parameters with some changed; a place in the pages is not kept, an empty one left out."""
        given: Given = {"view": [self.view], **self.filters}
        if self.sort is not self.screen.sorts[0] or self.descending != self.sort.descending:
            given["sort"] = [self.sort_word()]
        if self.columns:
            given["cols"] = [",".join(self.columns)]
        for name, value in changes.items():
            given[name] = [value] if isinstance(value, str) else list(value or ())
        return {name: values for name, values in given.items() if any(values)}

    def link(self, **changes: Any) -> str:
        """An address of this list with some of its state changed."""
        return f"{self.screen.url}?{urlencode(self.params(**changes), doseq=True)}"

    def here(self, **changes: Any) -> str:
        """The same, staying at this place in the pages."""
        return self.link(**{"after": self.after, "before": self.before, **changes})

    def chips(self) -> list[Chip]:
        return [
            Chip(
                name,
                _field_name(self.declared[name]),
                self.declared[name].operator,
                self.declared[name].words(value),
                self.link(**{name: ""}),
            )
            for name, value in self.values.items()
        ]

    def without(self, *names: str) -> "ListState":
        """The same list with fewer filters."""
        return replace(
            self,
            filters={name: given for name, given in self.filters.items() if name not in names},
            values={name: value for name, value in self.values.items() if name not in names},
        )


RESERVED = frozenset(
    {
        "view",
        "sort",
        "cols",
        "after",
        "before",
        "peek",
        "format",
        "part",
        "pick",
        "col",
        "chosen",
        "match",
        "all",
    }
)


def read(screen: ListScreen, given: QueryDict, tabs: list[Tab]) -> ListState:
    """Reads the URL. What cannot be read gets a sentence; the rest stays."""
    troubles: list[str] = []
    names = list(screen.filters.base_filters)
    filters: Given = {name: [v for v in given.getlist(name) if v != ""] for name in names}
    filters = {name: values for name, values in filters.items() if values}
    view = given.get("view", "")
    sort_word = given.get("sort", "")
    if not view and not filters:
        view = screen.usual
        tab = next((each for each in tabs if each.name == view), None)
        filters, sort_word = (tab_params(tab), sort_word or tab.sort) if tab else (filters, sort_word)
    sort, descending = screen.sorts[0], screen.sorts[0].descending
    if sort_word:
        chosen = screen.sort(sort_word.removeprefix("-"))
        if chosen is None:
            troubles.append(
                f"This list has no order “{sort_word[:40]}”; it is sorted by {sort.label.lower()} instead."
            )
        else:
            sort, descending = chosen, sort_word.startswith("-")
    strange = sorted(name for name in given if name not in RESERVED and name not in names)
    if strange:
        troubles.append(f"This list has no filter “{strange[0][:40]}”: it was left out.")
    bound = _bound(screen, filters)
    values = {
        name: value
        for name, value in bound.form.cleaned_data.items()
        if name in filters and value not in (None, "", [], ())
    }
    for name, errors in bound.form.errors.items():
        label = _field_name(bound.filters[name]) if name in bound.filters else name
        troubles.append(f"{label}: {errors[0]} This filter was left out.")
    return ListState(
        screen=screen,
        filters={name: values_ for name, values_ in filters.items() if name in values},
        sort=sort,
        descending=descending,
        view=view,
        columns=chosen_columns(screen, given),
        after=given.get("after", ""),
        before=given.get("before", ""),
        peek=given.get("peek", "")[:80],
        values=values,
        troubles=tuple(troubles),
        form=bound.form,
        declared=bound.filters,
    )


def chosen_columns(screen: ListScreen, given: QueryDict) -> tuple[str, ...]:
    """Names of the columns asked for; empty means the usual ones."""
    known = list(screen.table.base_columns)
    asked = given.getlist("col") if "chosen" in given else given.get("cols", "").split(",")
    chosen = tuple(name for name in known if name in asked)
    return () if chosen == usual_columns(screen) else chosen


def usual_columns(screen: ListScreen) -> tuple[str, ...]:
    return tuple(name for name, column in screen.table.base_columns.items() if column.shown)


def tab_params(tab: Tab) -> Given:
    """The filters of a tab as the URL writes them, with the days of `now` put in."""
    params: Params = tab.params(timezone.localtime()) if callable(tab.params) else tab.params
    return {name: [value] if isinstance(value, str) else list(value) for name, value in params.items()}


def _bound(screen: ListScreen, filters: Given) -> ListFilters:
    data = QueryDict(mutable=True)
    for name, values in filters.items():
        data.setlist(name, values)
    bound = screen.filters(data, queryset=screen.model._default_manager.none())
    bound.form.is_valid()
    return bound


def _field_name(declared: Any) -> str:
    """The label without its operator: the chip says that by itself."""
    return str(declared.label).removesuffix(f" {declared.operator}")
