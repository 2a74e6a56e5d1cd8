"""Addresses of lists, narrowed (empty while a list is not built), and figures as text."""

from collections.abc import Iterable
from urllib.parse import urlencode

from billing.money import MINUS, format_amount
from dashboard.parts.navigation import address
from dashboard.parts.viewer import current_locale

__all__ = ["plain", "rows_url", "signed", "with_query"]


def rows_url(noun: str, where: Iterable[tuple[str, str]] = ()) -> str:
    """The list of a noun with these filters: `rows_url("refunds", [("state", "failed")])`."""
    place = address(f"{noun}:index")
    return with_query(place, where) if place else ""


def with_query(place: str, where: Iterable[tuple[str, str]]) -> str:
    query = urlencode(list(where))
    return f"{place}?{query}" if query else place


def plain(minor: int, currency: str) -> str:
    """1,284.30, as the viewer's locale writes it."""
    return format_amount(minor, currency, current_locale())


def signed(minor: int, currency: str) -> str:
    """+1,284.30, −42.00, 0.00."""
    text = plain(abs(minor), currency)
    return f"+{text}" if minor > 0 else f"{MINUS}{text}" if minor < 0 else text
