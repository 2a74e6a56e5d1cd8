"""What benchmarks share: a database of their own, medians, and tables of ratios.

Absolute figures depend on the machine and on who else works on it, so each line is a ratio of two medians
that were measured in turns: whatever slows one down slows down the other.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison: ours and the other, in `unit`; `ratio` is ours over the other."""

    name: str
    ours: float
    other: float
    unit: str

    @property
    def ratio(self) -> float:
        return self.ours / self.other if self.other else 0.0


def medians(calls: dict[str, Callable[[], Any]], times: int) -> dict[str, float]:
    """The median milliseconds of each, taken in turns; the first round is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(times + 1):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            if turn:
                taken[name].append((time.perf_counter() - began) * 1_000)
    return {name: statistics.median(each) for name, each in taken.items()}


def rates(deeds: dict[str, Callable[[], int]], rounds: int) -> dict[str, float]:
    """The median number of things done a second by each, taken in turns; the first round is not counted."""
    found: dict[str, list[float]] = {name: [] for name in deeds}
    for turn in range(rounds + 1):
        for name, deed in deeds.items():
            began = time.perf_counter()
            done = deed()
            if turn:
                found[name].append(done / (time.perf_counter() - began))
    return {name: statistics.median(each) for name, each in found.items()}


def together(clients: int, work: Callable[[int], int]) -> int:
    """Does the work in so many threads, each with its connection; gives the sum of what they did."""
    from django.db import connections

    def one(number: int) -> int:
        try:
            return work(number)
        finally:
            connections.close_all()

    if clients == 1:
        return work(0)
    with ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(one, range(clients)))


def show(title: str, ours: str, other: str, lines: list[Line]) -> None:
    """A table on standard output."""
    width = max(len(line.name) for line in lines)
    say(f"\n{title}\n{'':{width}}  {ours:>16}  {other:>16}  {'ratio':>7}")
    for line in lines:
        say(
            f"{line.name:{width}}  {line.ours:>10,.1f} {line.unit:<5}  {line.other:>10,.1f} {line.unit:<5}"
            f"  {line.ratio:>7.3f}"
        )


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def database(name: str) -> Iterator[None]:
    """Django on a migrated database of its own, which is dropped afterwards whatever happens."""
    from dashboard.local import database as chosen
    from dashboard.local import postgres
    from dashboard.local.say import Stop

    if chosen.is_external():
        raise Stop("Benchmarks fill and drop databases: they run on the embedded server only.")
    own = f"bench_{name}_{os.getpid()}"
    os.environ["DATABASE_NAME"] = own
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    postgres.create_database(own)
    try:
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        call_command("migrate", verbosity=0)
        yield
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
    finally:
        postgres.drop_database(own)


def run(name: str, measure: Callable[[bool], None], about: str | None) -> None:
    """The command line of a benchmark: `--quick` is small, and says nothing about speed."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: that it runs, not how fast")
    quick = parser.parse_args().quick
    with database(name):
        measure(quick)


def create_function(sql: str) -> None:
    """A function of the benchmark's own, made by the owner of the tables."""
    from dashboard.database import as_owner

    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute(sql)
