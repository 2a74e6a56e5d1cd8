"""The sums as tables for people."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from billing.metrics.buffer import MICROSECONDS
from billing.metrics.catalogue import BY_NAME
from billing.metrics.queries import Sum, at_most
from billing.webhooks.watching import Inbox

type Sums = dict[str, list[Sum]]

COLUMNS = ("received", "duplicates", "processed", "ignored", "failed", "died")


@dataclass(slots=True)
class Line:
    """A row: what it is about, its figures by column, and how long it took ("0.025" seconds)."""

    name: str
    of: str = ""
    figures: Counter[str] = field(default_factory=Counter)
    times: Sum | None = None
    slow: str = ""
    average: str = ""
    dead: int = 0


def by_type(sums: Sums, state: Inbox) -> list[Line]:
    """Webhook events by source and type, the most received first."""
    lines: dict[tuple[str, str], Line] = {}

    def line(source: str, type_: str) -> Line:
        return lines.setdefault((source, type_), Line(type_, source))

    for each in sums.get("webhooks_received", ()):
        line(each.labels[0], each.labels[2]).figures["received"] += each.value
    for each in sums.get("webhooks_duplicates", ()):
        line(*each.labels).figures["duplicates"] += each.value
    for each in sums.get("webhooks_processed", ()):
        line(*each.labels[:2]).figures[each.labels[2]] += each.value
    for each in sums.get("webhooks_died", ()):
        line(*each.labels).figures["died"] += each.value
    for each in sums.get("webhooks_processing_seconds", ()):
        _timed(line(*each.labels), "webhooks_processing_seconds", each)
    for (source, type_), n in state.dead.items():
        line(source, type_).dead = n
    return sorted(lines.values(), key=lambda one: (-one.figures["received"], one.of, one.name))


def calls(sums: Sums) -> list[Line]:
    """Calls of gateways by operation, with how they ended and how long they took."""
    lines: dict[tuple[str, str], Line] = {}
    for each in sums.get("gateway_calls", ()):
        gateway, operation, outcome = each.labels
        found = lines.setdefault((gateway, operation), Line(operation, gateway))
        found.figures["all"] += each.value
        found.figures["ok" if outcome in ("ok", "declined") else "failed"] += each.value
    for each in sums.get("gateway_call_seconds", ()):
        gateway, operation = each.labels
        _timed(lines.setdefault((gateway, operation), Line(operation, gateway)), "gateway_call_seconds", each)
    return sorted(lines.values(), key=lambda one: (one.of, one.name))


def results(sums: Sums, name: str) -> list[tuple[str, list[tuple[str, int]]]]:
    """A counter of two labels as a line for each first one, with its parts."""
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for each in sums.get(name, ()):
        found[each.labels[0]].append((each.labels[1].replace("_", " "), each.value))
    return sorted(found.items())


def simple(sums: Sums, names: Iterable[str]) -> list[tuple[str, str, int]]:
    """Counters of one label: what is counted, of which, how often."""
    return [
        (BY_NAME[name].help.rstrip("."), each.labels[0], each.value)
        for name in names
        for each in sums.get(name, ())
    ]


def _timed(line: Line, name: str, series: Sum) -> None:
    if not series.count:
        return
    mean = Decimal(series.microseconds) / series.count / MICROSECONDS
    line.average = f"{mean:.3f} s"
    bound = at_most(BY_NAME[name], series, 95)
    line.slow = f"over {BY_NAME[name].buckets[-1]} s" if bound == "+Inf" else f"{bound} s"
