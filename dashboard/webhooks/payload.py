"""The stored content of an event as a tree: what was kept, and a mark where something was left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from django.utils import timezone

from billing.money import Money, format_money, is_currency
from dashboard.parts.formatting import full_moment
from dashboard.parts.viewer import current_locale

#: Deeper than this, or longer than so many, a branch begins folded.
OPEN_DEPTH = 3
OPEN_LENGTH = 12
CUT = {"personal data": "personal data", "secret": "a secret", "not allowed": "not on the allow list"}
type Folds = Literal["", "open", "closed"]
MOMENTS = ("created", "due_by", "canceled_at", "ended_at", "effective_at")
AMOUNTS = ("total", "subtotal", "tax", "fee", "balance")
MOMENT_ENDS = ("_at", "_start", "_end", "_date", "_anchor", "_on")


@dataclass(slots=True)
class Node:
    """A line of the tree; with `children` a branch, with `cut` a field that was left out."""

    key: str
    indent: str
    value: str = ""
    kind: str = ""
    aside: str = ""
    cut: str = ""
    path: str = ""
    children: list["Node"] = field(default_factory=list)
    branch: bool = False
    open: bool = True


@dataclass(frozen=True, slots=True)
class Tree:
    """The nodes, and how many fields were kept and removed."""

    nodes: list[Node]
    kept: int
    removed: int


def object_in(body: Any) -> Mapping[str, Any]:
    """The object in what is stored of an event; empty when there is none."""
    held = body if isinstance(body, Mapping) else {}
    found = held.get("object") if "object" in held else (held.get("data") or {}).get("object")
    return found if isinstance(found, Mapping) else {}


def tree_of(body: Any, folds: Folds = "") -> Tree:
    """The tree of what is stored: the object under its allow list, with the paths that were dropped, and what
    the gateway says the fields were before. ``folds`` opens or closes every branch."""
    held = body if isinstance(body, Mapping) else {}
    dropped = held.get("dropped") or {}
    nodes = _children(object_in(held), 0, "")
    previous = held.get("previous")
    if previous and isinstance(previous, Mapping):
        nodes.append(_node("previous", previous, 0, {}, ""))
    for path, why in sorted(dropped.items()):
        _cut(nodes, str(path).split("."), CUT.get(why, str(why)), 0)
    if folds:
        _fold(nodes, folds == "open")
    return Tree(nodes, _count(nodes), len(dropped))


def _fold(nodes: list[Node], to_open: bool) -> None:
    for each in nodes:
        each.open = to_open
        _fold(each.children, to_open)


def _children(value: Any, depth: int, path: str) -> list[Node]:
    if isinstance(value, list):
        return [_node(f"[{place}]", each, depth, {}, path) for place, each in enumerate(value)]
    return [_node(str(key), each, depth, value, path) for key, each in value.items()]


def _node(key: str, value: Any, depth: int, around: Mapping[str, Any], path: str) -> Node:
    indent = "  " * depth
    here = f"{path}{key}" if key.startswith("[") or not path else f"{path}.{key}"
    if isinstance(value, Mapping | list) and value:
        fits = depth < OPEN_DEPTH and len(value) <= OPEN_LENGTH
        below = _children(value, depth + 1, here)
        return Node(key, indent, path=here, children=below, branch=True, open=fits)
    found = leaf(key, value, around)
    found.indent, found.path = indent, here
    return found


def leaf(key: str, value: Any, around: Any) -> Node:
    """One field as it is written, and what its number means."""
    indent = ""
    around = around if isinstance(around, Mapping) else {}
    if isinstance(value, Mapping | list):
        return Node(key, indent, "[]" if isinstance(value, list) else "{}", "faint")
    if value is None:
        return Node(key, indent, "null", "faint")
    if isinstance(value, bool):
        return Node(key, indent, "true" if value else "false", "n")
    if isinstance(value, int):
        return Node(key, indent, str(value), "n", aside=_aside(key, value, around))
    if isinstance(value, str):
        return Node(key, indent, f'"{value}"', "s")
    return Node(key, indent, str(value), "n")


def _aside(key: str, value: int, around: Mapping[str, Any]) -> str:
    """What a number means: a moment in the viewer's zone, or an amount in the currency beside it."""
    if value > 10**8 and (key in MOMENTS or key.endswith(MOMENT_ENDS)):
        try:
            return full_moment(timezone.localtime(datetime.fromtimestamp(value, UTC)))
        except (OverflowError, ValueError, OSError):  # quiet: a number that is no moment says nothing more
            return ""
    currency = str(around.get("currency") or "").upper()
    if ("amount" in key or key in AMOUNTS) and is_currency(currency):
        return format_money(Money(value, currency), current_locale())
    return ""


def _cut(nodes: list[Node], path: list[str], why: str, depth: int) -> None:
    """Marks a field that was left out, as deep as its parents were kept."""
    head, rest = path[0], path[1:]
    found = next((each for each in nodes if each.key == head and each.branch), None)
    if rest and found is not None:
        _cut(found.children, rest, why, depth + 1)
        return
    key = ".".join("each" if part == "*" else part for part in path)
    nodes.append(Node(key, "  " * depth, cut=why))


def _count(nodes: list[Node]) -> int:
    return sum(_count(each.children) if each.branch else not each.cut for each in nodes)
