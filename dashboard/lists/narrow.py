"""What a big table cannot answer from an index, it does not answer by reading itself whole: narrow first."""

from dataclasses import dataclass

from dashboard.lists.counting import stored
from dashboard.lists.sorts import covering
from dashboard.lists.state import ListState


@dataclass(frozen=True, slots=True)
class Remedy:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Narrow:
    """Why these filters in this order are not answered, and what to press instead."""

    sentence: str
    remedies: tuple[Remedy, ...]


def narrow_first(state: ListState) -> Narrow | None:
    """None when an index serves the filters in this order, or when the table is small."""
    screen = state.screen
    if covering(screen.indexes, state.sort, state.used) or stored(screen.model) < screen.big:
        return None
    labels = {chip.name: chip.label for chip in state.chips()}
    remedies = [
        Remedy(f"Sort by {sort.label.lower()}", state.link(sort=("-" if sort.descending else "") + sort.name))
        for sort in screen.sorts
        if sort is not state.sort and covering(screen.indexes, sort, state.used)
    ]
    remedies += [
        Remedy(f"Leave out {labels[name]}", state.link(**{name: ""}))
        for name in state.values
        if covering(screen.indexes, state.sort, state.used - {name})
    ]
    remedies.append(Remedy("Take all filters off", state.without(*state.values).link(view="all")))
    fields = list(dict.fromkeys(labels.values()))
    together = " and ".join([", ".join(fields[:-1]), fields[-1]] if len(fields) > 1 else fields)
    narrow = [
        str(state.declared[name].label).lower()
        for index in screen.indexes
        if index.narrow
        for name in index.equal
    ]
    choose = f" Or choose one {narrow[0]}: any filters go with that." if narrow else ""
    return Narrow(
        f"There are too many {screen.many} to look through by {together or 'nothing'} "
        f"sorted by {state.sort.label.lower()}.{choose}",
        tuple(remedies),
    )
