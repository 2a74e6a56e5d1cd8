"""One invariant and what asking about it found."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["SHOWN", "Check", "Result", "sql_check"]

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Result:
    """``counted`` is how many rows were looked at, ``offenders`` the first references that break it."""

    key: str
    says: str
    counted: int
    broken: int
    offenders: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.broken


@dataclass(frozen=True, slots=True)
class Check:
    """``says`` reads after a number: "12,345 payments: no refund beyond what was captured"."""

    key: str
    says: str
    ask: Callable[[Any], tuple[int, Iterable[str], int]]

    def run(self, cursor: Any) -> Result:
        counted, offenders, broken = self.ask(cursor)
        return Result(self.key, self.says, counted, broken, tuple(offenders)[:SHOWN])


def sql_check(key: str, says: str, *, of: str, offenders: str) -> Check:
    """``of`` is a FROM clause whose rows are counted; ``offenders`` a query of references."""

    def ask(cursor: Any) -> tuple[int, list[str], int]:
        cursor.execute(f"SELECT count(*) FROM {of}")  # noqa: S608 (both are written in this folder)
        counted = cursor.fetchone()[0]
        cursor.execute(f"SELECT o.*, count(*) OVER () FROM ({offenders}) o LIMIT {SHOWN}")  # noqa: S608
        found = cursor.fetchall()
        return counted, [str(row[0]) for row in found], found[0][-1] if found else 0

    return Check(key, says, ask)
