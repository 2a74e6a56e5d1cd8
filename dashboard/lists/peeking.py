"""A row at the side of its list, with the rows before and after it."""

from typing import Any

from dashboard.fetching import FETCH_RECORDED
from dashboard.lists.state import ListState


def peek(state: ListState, rows: list[Any], user: Any) -> dict[str, Any]:
    """The template's context: the row, its neighbours on this page, and what the screen says about it."""
    screen = state.screen
    if screen.peek is None:
        return {"peek_missing": True}
    names = [str(getattr(row, screen.key)) for row in rows]
    at = names.index(state.peek) if state.peek in names else None
    found = rows[at] if at is not None else _elsewhere(state, user)
    around = {
        "close_url": state.here(),
        "peek_next": state.here(peek=names[at + 1]) if at is not None and at + 1 < len(names) else "",
        "peek_previous": state.here(peek=names[at - 1]) if at else "",
    }
    if found is None:
        return {"screen": screen, "peek_missing": True, "peek_name": state.peek, **around}
    return {
        "screen": screen,
        "peek_row": found,
        "peek_name": state.peek,
        "peek_template": screen.peek.template,
        "peek_url": screen.row_address(found),
        **around,
        **screen.peek.context(found, user),
    }


def _elsewhere(state: ListState, user: Any) -> Any:
    """The row when it stands on another page, or outside of the filters."""
    rows = state.screen.rows(user).fetch_mode(FETCH_RECORDED)
    return rows.filter(**{state.screen.key: state.peek}).order_by().first()
