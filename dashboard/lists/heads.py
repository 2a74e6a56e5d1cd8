"""The header of a list's table: which columns are shown, and which of them sort."""

from dataclasses import dataclass
from typing import Any

from dashboard.lists.state import ListState, usual_columns


@dataclass(frozen=True, slots=True)
class Head:
    """A shown column; `url` sorts by it, `sorted` is "ascending", "descending" or nothing."""

    name: str
    label: str
    head_class: str
    cell_class: str
    heading: bool
    url: str
    sorted: str
    hint: str


def heads_of(state: ListState) -> list[Head]:
    """The shown columns in their order; the row's heading is always among them."""
    shown = state.columns or usual_columns(state.screen)
    return [
        _head(state, name, column)
        for name, column in state.screen.table.base_columns.items()
        if name in shown or column.heading
    ]


def sort_links(state: ListState) -> list[tuple[str, str, bool]]:
    """Every order as label, address and whether it is the one shown, for the menu."""
    return [
        (
            f"{sort.label}: {sort.word(descending=down).lower()}",
            state.link(sort=("-" if down else "") + sort.name),
            sort is state.sort and down == state.descending,
        )
        for sort in state.screen.sorts
        for down in (sort.descending, not sort.descending)
    ]


def _head(state: ListState, name: str, column: Any) -> Head:
    sort = state.screen.sort(column.sort) if column.sort else None
    here = sort is not None and sort is state.sort
    down = not state.descending if here else bool(sort and sort.descending)
    return Head(
        name=name,
        label=str(column.verbose_name or ""),
        head_class=column.head_class,
        cell_class=column.cell_class,
        heading=column.heading,
        url=state.link(sort=("-" if down else "") + sort.name) if sort else "",
        sorted=("descending" if state.descending else "ascending") if here else "",
        hint=sort.word(descending=down) if sort else "",
    )
