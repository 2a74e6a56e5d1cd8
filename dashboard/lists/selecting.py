"""Which rows a bulk action is for: those that were ticked, or all that match the list's filters."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from dashboard.lists.counting import capped_count
from dashboard.lists.narrow import narrow_first
from dashboard.lists.screen import ListScreen
from dashboard.lists.state import ListState, read

MOST_TICKED = 500


@dataclass(frozen=True, slots=True)
class Selected:
    """Rows by key, or by the filters of `state`. `trouble` says why nothing can be done with them."""

    screen: ListScreen
    ids: tuple[int, ...]
    state: ListState | None
    count: int
    trouble: str = ""

    def rows(self, user: Any) -> Any:
        """The rows themselves, in the order of their keys."""
        rows = self.screen.rows(user)
        if self.state is not None:
            return self.state.narrowed(rows).order_by("pk")
        return rows.filter(pk__in=self.ids).order_by("pk")


def selected(screen: ListScreen, given: QueryDict, user: Any, most: int) -> Selected:
    """Reads `pick` (keys) or `all` with `match` (the list's query); counts exactly, up to what is allowed."""
    if given.get("all"):
        state = read(screen, _with_view(QueryDict(given.get("match", ""))), [])
        if state.troubles:
            return Selected(screen, (), state, 0, state.troubles[0])
        if narrow := narrow_first(state):
            return Selected(screen, (), state, 0, narrow.sentence)
        number = capped_count(state.narrowed(screen.rows(user)), most)
        if number > most:
            return Selected(
                screen, (), state, number, f"More than {most:,} {screen.many} match: narrow the list first."
            )
        return Selected(screen, (), state, number, "" if number else f"No {screen.many} match any more.")
    ids = picked_ids(given)
    number = screen.rows(user).filter(pk__in=ids).count() if ids else 0
    return Selected(screen, ids, None, number, "" if number else f"Tick the {screen.many} first.")


def picked_ids(given: QueryDict) -> tuple[int, ...]:
    """The keys that were ticked, each once; what is no key is left out."""
    words = given.getlist("pick")[:MOST_TICKED]
    picked = [int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 19]
    return tuple(dict.fromkeys(picked))


def _with_view(given: QueryDict) -> QueryDict:
    copied = given.copy()
    copied.setdefault("view", "all")
    return copied
