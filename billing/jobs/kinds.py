"""What runs can do: each kind names the function that does one row.

    @row_handler("customers.tag", subject="customer")
    def tag_one(row: RunRow, asked: Mapping[str, Any], *, actor: Actor, now: datetime) -> str:
        ...
        return "Tagged VIP"

The function runs in a transaction of its own row. What it returns is the row's result; a `Refused` is the
row's failure, in its own sentence. A kind is registered by the module that holds it, which the noun's own
`tasks` imports, so that a worker knows it.
"""

from collections.abc import Callable
from dataclasses import dataclass

RowHandler = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of run over rows; `subject` is the model name of what its rows stand for."""

    name: str
    subject: str
    handler: RowHandler


_kinds: dict[str, Kind] = {}


def row_handler(name: str, *, subject: str) -> Callable[[RowHandler], RowHandler]:
    """Registers the function as what runs of this kind do to one row."""

    def register(handler: RowHandler) -> RowHandler:
        _kinds[name] = Kind(name, subject, handler)
        return handler

    return register


def kind_named(name: str) -> Kind:
    """KeyError for a kind that nobody registered: a bug, or a worker older than the site."""
    return _kinds[name]


def names() -> list[str]:
    """The kinds that work row by row; others, such as an import, have pages of their own."""
    return sorted(_kinds)
