"""What a version changed, line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """One pair of lines that differ; an empty side is a line that was not there, or is gone."""

    label: str
    was: str
    will: str


def lines_of(older: Any, newer: Any) -> list[Line]:
    """The lines that differ between two texts; `older` may be None, when there was none."""
    before = older.subject if older else ""
    subject = [Line("Subject", before, newer.subject)] if before != newer.subject else []
    return [*subject, *_body((older.body if older else "").split("\n"), newer.body.split("\n"))]


def _body(was: list[str], will: list[str]) -> Iterator[Line]:
    for tag, a, b, c, d in SequenceMatcher(None, was, will, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        left, right = was[a:b], will[c:d]
        for place in range(max(len(left), len(right))):
            old = left[place] if place < len(left) else ""
            new = right[place] if place < len(right) else ""
            if old or new:
                yield Line(f"Line {(c if right else a) + place + 1}", old, new)
