"""State machines: each written once, obeyed by the services and held by the database."""

from dataclasses import dataclass, field

from billing.errors import Conflict

_machines: dict[str, "Machine"] = {}


@dataclass(frozen=True)
class Machine:
    """The states of one noun and the moves between them.

    ``moves`` are what we may decide; ``gateway_moves`` are further ones that only a gateway's report
    makes. The database holds the union of both, the services tell them apart.
    """

    name: str
    moves: dict[str, frozenset[str]]
    gateway_moves: dict[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _machines[self.name] = self

    @property
    def states(self) -> frozenset[str]:
        tables = (self.moves, self.gateway_moves)
        return frozenset(s for table in tables for a, bs in table.items() for s in (a, *bs))

    @property
    def pairs(self) -> set[tuple[str, str]]:
        tables = (self.moves, self.gateway_moves)
        return {(a, b) for table in tables for a, bs in table.items() for b in bs}

    def allows(self, from_state: str, to_state: str, *, by_gateway: bool = False) -> bool:
        if to_state in self.moves.get(from_state, ()):
            return True
        return by_gateway and to_state in self.gateway_moves.get(from_state, ())

    def require(self, from_state: str, to_state: str, *, by_gateway: bool = False) -> None:
        """Raises `Conflict` with a sentence when the move is not one of the machine's."""
        if not self.allows(from_state, to_state, by_gateway=by_gateway):
            raise Conflict(
                "state_moved_on",
                f"This {self.name} is {from_state.replace('_', ' ')} by now and cannot become "
                f"{to_state.replace('_', ' ')}. Reload the page to see what happened.",
            )


def moves(text: str) -> dict[str, frozenset[str]]:
    """Reads lines such as ``draft → open | void`` into a table of moves."""
    table: dict[str, frozenset[str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        sources, targets = line.split("→")
        for source in map(str.strip, sources.split("|")):
            table[source] = table.get(source, frozenset()) | {t.strip() for t in targets.split("|")}
    return table


def all_machines() -> dict[str, Machine]:
    """Every machine by name; importing ``billing.models`` has loaded them all."""
    return dict(_machines)
