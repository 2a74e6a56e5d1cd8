"""What differs between the contents of two events of one object, field by field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dashboard.webhooks.payload import leaf

MOST = 200
type Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field. ``told`` says that the gateway names it among what the event changed."""

    path: str
    kind: Kind
    was: str = ""
    now: str = ""
    was_aside: str = ""
    now_aside: str = ""
    told: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """The fields that differ, and how many more there are than are shown."""

    rows: list[Difference]
    more: int = 0


def compare(earlier: Any, later: Any, told: Any = None) -> Compared:
    """From the earlier object to the later one; ``told`` is what the gateway says the fields were before."""
    before, after = dict(leaves(earlier)), dict(leaves(later))
    named = {path for path, _ in leaves(told)}
    found = [
        _difference(path, before.get(path), after.get(path), path in named)
        for path in dict.fromkeys([*after, *before])
        if path not in before or path not in after or before[path][1] != after[path][1]
    ]
    found.sort(key=lambda each: not each.told)
    return Compared(found[:MOST], max(0, len(found) - MOST))


def as_told(later: Any, told: Any) -> Compared:
    """The gateway's own account, when no earlier event is here to compare with."""
    before, after = dict(leaves(told)), dict(leaves(later))
    found = [_difference(path, before[path], after.get(path), True) for path in before]
    return Compared(found[:MOST], max(0, len(found) - MOST))


def leaves(value: Any, path: str = "", around: Any = None) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Every field that holds no others, by its path, with the mapping around it."""
    if isinstance(value, Mapping) and (value or not path):
        for key, each in value.items():
            yield from leaves(each, f"{path}.{key}" if path else str(key), value)
    elif isinstance(value, list) and value:
        for place, each in enumerate(value):
            yield from leaves(each, f"{path}[{place}]", {})
    elif path:
        yield path, (around, value)


def _difference(path: str, before: Any, after: Any, told: bool) -> Difference:
    key = path.rpartition(".")[2]
    was = leaf(key, before[1], before[0]) if before else None
    now = leaf(key, after[1], after[0]) if after else None
    kind: Kind = "changed" if was and now else "added" if now else "removed"
    return Difference(
        path,
        kind,
        was.value if was else "",
        now.value if now else "",
        was.aside if was else "",
        now.aside if now else "",
        told,
    )
