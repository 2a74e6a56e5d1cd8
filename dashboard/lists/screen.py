"""What a list is, in a few declarations. `dashboard.lists.answer` makes a page, a part and a CSV of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet
from django.urls import reverse

from billing.money import Money
from dashboard.lists.columns import ListTable
from dashboard.lists.filters import ListFilters
from dashboard.lists.sorts import Index, Sort
from dashboard.parts.entries import Action

Params = Mapping[str, Sequence[str] | str]


@dataclass(frozen=True, slots=True)
class Tab:
    """A view that the product brings: `params` are filters as in the URL, or a function giving them."""

    name: str
    label: str
    params: Params | Callable[[Any], Params] = field(default_factory=dict)
    sort: str = ""
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Empty:
    """What a list without rows says, and its next step."""

    title: str
    text: str
    icon: str = "inbox"
    url: str = ""
    button: str = ""


@dataclass(frozen=True, slots=True)
class Export:
    """A column of the CSV. `value` is a field's path or a function of the row.

    With `money` the function gives Money, which fills two columns, amount and currency, and is summed up in
    the control totals.
    """

    label: str
    value: str | Callable[[Any], Any]
    money: bool = False


@dataclass(frozen=True, slots=True)
class BulkAction:
    """What can be done to many rows at once, each with a result of its own.

    `kind` names the handler that `billing.jobs.kinds` knows. `form` asks what it needs to know; its cleaned
    data, as JSON, reaches the handler. `effect` says in a sentence what will happen to so many.

    `begin(run, actor, now)` is called in the transaction that starts the run, for what holds for all rows
    together; `warn(count, asked, actor)` gives what has to be said before everything else;
    `preview(rows, asked, actor, now)` what only the rows themselves can tell, such as sums. `about` stands
    where the fields would, when the form has none.
    """

    name: str
    label: str
    kind: str
    permission: str
    form: type[Any]
    effect: Callable[[int, Mapping[str, Any]], str]
    icon: str = ""
    most: int = 5_000
    begin: Callable[[Any, Any, Any], Any] | None = None
    warn: Callable[[int, Mapping[str, Any], Any], list[Any]] | None = None
    preview: Callable[[Any, Mapping[str, Any], Any, Any], list[Any]] | None = None
    about: str = ""

    @property
    def title(self) -> str:
        return self.label.removesuffix("…")


@dataclass(frozen=True, slots=True)
class Peek:
    """The row at the side: a template, and what it needs to know about the row."""

    template: str
    context: Callable[[Any, Any], Mapping[str, Any]]


def _no_actions(user: Any) -> list[Action]:
    return []


@dataclass(frozen=True, slots=True)
class ListScreen:
    """One list. The first sort is the usual one; the tab named `usual` is what the bare address shows.

    `rows(user)` selects everything that a row shows (`select_related`, annotations): fetching more row by
    row is refused. `key` is the field by which a row is named in the URL, `label` what a bulk action calls
    it where that is not the key. `money` gives the sums of the selection. From `big` stored rows on,
    filters and order must be served by one of `indexes`.
    """

    name: str
    title: str
    one: str
    many: str
    address: str
    permission: str
    model: type[Model]
    rows: Callable[[Any], QuerySet[Any]]
    filters: type[ListFilters]
    table: type[ListTable]
    sorts: tuple[Sort, ...]
    indexes: tuple[Index, ...]
    tabs: tuple[Tab, ...]
    usual: str
    empty: Empty
    exports: tuple[Export, ...]
    row_address: Callable[[Any], str]
    key: str = "reference"
    label: Callable[[Any], str] | None = None
    money: Callable[[Any], Money | None] | None = None
    peek: Peek | None = None
    bulk: tuple[BulkAction, ...] = ()
    actions: Callable[[Any], list[Action]] = _no_actions
    page_size: int = 50
    big: int = 50_000

    def __post_init__(self) -> None:
        _screens[self.name] = self
        names = {sort.name for sort in self.sorts}
        unknown = {index.sort for index in self.indexes} - names
        if unknown or self.usual not in {tab.name for tab in self.tabs}:
            raise ValueError(f"{self.name}: no sort {unknown or 'missing'} or no tab {self.usual!r}")

    @property
    def url(self) -> str:
        return reverse(self.address)

    def sort(self, name: str) -> Sort | None:
        return next((sort for sort in self.sorts if sort.name == name), None)


_screens: dict[str, ListScreen] = {}


def screen_named(name: str) -> ListScreen | None:
    """A list by its name, once its module has been imported."""
    return _screens.get(name)


def all_screens() -> tuple[ListScreen, ...]:
    return tuple(_screens.values())
