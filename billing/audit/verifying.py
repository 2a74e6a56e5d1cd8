"""Recomputing the whole chain, and naming the first row that is not what was sealed."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.db import connection, transaction

from billing.audit import leaves, trail
from billing.audit.chain import BEGINNING, head_of
from billing.audit.leaves import Leaf
from billing.audit.models import AuditLeaves, AuditSeal

__all__ = ["Broken", "Verified", "verify"]

SEALS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Broken:
    """The first thing that is wrong: ``what`` is altered, missing, inserted or seal."""

    what: str
    sentence: str
    table: str = ""
    row_id: int | None = None
    at: Any = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What was recomputed, and the first thing found wrong; None when everything is as it was sealed."""

    seals: int
    rows: int
    head: str
    broken: Broken | None


@dataclass(slots=True)
class _Walk:
    seals: int = 0
    rows: int = 0
    head: str = BEGINNING
    below: int = 0
    found_head: bool = False


def verify(*, head: str = "") -> Verified:
    """Recomputes every seal and every row behind it, in one snapshot and in bounded memory.

    ``head`` is one that the auditor kept: the chain must lead through it.
    """
    walk = _Walk()
    inside = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if not inside:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        trail.speak_plainly(cursor)
        broken = _first_broken(cursor, walk, head) or _nothing_beyond(walk)
    if not broken and head and not walk.found_head:
        broken = Broken(
            "seal", f"The chain does not lead through the head {head}: seals are missing or replaced."
        )
    return Verified(walk.seals, walk.rows, walk.head if walk.seals else "", broken)


def _first_broken(cursor: Any, walk: _Walk, head: str) -> Broken | None:
    baseline = AuditSeal.objects.filter(is_baseline=True).order_by("-number").first()
    from_number = baseline.number if baseline else 1
    shapes: trail.Shapes = {}
    there = trail.shapes_now(cursor)
    for seal in _seals():
        if broken := _chained(seal, walk):
            return broken
        walk.found_head = walk.found_head or seal.head == head
        if seal.number >= from_number:
            shapes = {**({} if seal.is_baseline else shapes), **seal.shapes}
            if broken := _shapes_there(seal, shapes, there) or _rows(seal, shapes, walk):
                return broken
        walk.below = seal.below_xid
    return None


def _seals() -> Iterator[AuditSeal]:
    after = 0
    while found := list(AuditSeal.objects.filter(number__gt=after).order_by("number")[:SEALS_AT_ONCE]):
        yield from found
        after = found[-1].number


def _chained(seal: AuditSeal, walk: _Walk) -> Broken | None:
    """Whether the seal follows the one before it, and says what its head was made of."""
    if seal.number != walk.seals + 1:
        return _bad(f"Seal {walk.seals + 1} is missing: the chain goes on with seal {seal.number}.")
    if seal.previous != walk.head:
        return _bad(f"Seal {seal.number} does not follow seal {walk.seals}: one of them was replaced.")
    if seal.head != head_of(seal):
        return _bad(f"Seal {seal.number} of {_moment(seal.sealed_at)} was altered: its head is another.")
    if seal.from_xid != (0 if seal.is_baseline else walk.below):
        return _bad(
            f"Seal {seal.number} leaves transactions out: it does not begin where the one before ends."
        )
    walk.seals, walk.head = seal.number, seal.head
    return None


def _shapes_there(seal: AuditSeal, shapes: trail.Shapes, there: trail.Shapes) -> Broken | None:
    for table in seal.tables:
        if gone := sorted(set(shapes.get(table, ())) - set(there.get(table, ()))):
            return Broken(
                "seal",
                f"{table} has lost {', '.join(gone)}, so seal {seal.number} cannot be recomputed: after a "
                "change of its columns the trail is sealed anew with `manage.py seal_audit --baseline`.",
                table,
            )
    return None


def _rows(seal: AuditSeal, shapes: trail.Shapes, walk: _Walk) -> Broken | None:
    """Compares the rows of a seal with its leaves, both in the chain's order."""
    tables = sorted(shapes)
    sealed = _Sealed(seal)
    row = leaf = None
    rows, kept = trail.rows(shapes, seal.from_xid, seal.below_xid), iter(sealed)
    row, leaf = next(rows, None), next(kept, None)
    while (row or leaf) and not sealed.broken:
        if leaf is None or (row and row[0].place < leaf.place):
            return _row("inserted", tables, row[0], row[1], seal)  # type: ignore[index]
        if row is None or leaf.place < row[0].place:
            return _row("missing", tables, leaf, None, seal)
        if row[0].hash != leaf.hash:
            return _row("altered", tables, leaf, row[1], seal)
        walk.rows += 1
        row, leaf = next(rows, None), next(kept, None)
    if sealed.broken or sealed.sha.hexdigest() != seal.digest or sealed.count != seal.count:
        return _bad(f"The leaves of seal {seal.number} of {_moment(seal.sealed_at)} were altered.")
    return None


class _Sealed:
    """The leaves of a seal, hashed as they are read."""

    def __init__(self, seal: AuditSeal) -> None:
        self.seal, self.sha, self.count, self.broken = seal.number, sha256(), 0, False

    def __iter__(self) -> Iterator[Leaf]:
        parts = AuditLeaves.objects.filter(seal=self.seal).order_by("part").values_list("packed", flat=True)
        for packed in parts.iterator(chunk_size=20):
            data = bytes(packed)
            self.sha.update(data)
            if len(data) % leaves.SIZE:
                self.broken = True
                return
            for leaf in leaves.unpack(data):
                self.count += 1
                yield leaf


def _nothing_beyond(walk: _Walk) -> Broken | None:
    """Leaves without their seal: the last seals were taken away."""
    orphan = AuditLeaves.objects.filter(seal__gt=walk.seals).order_by("seal").first()
    return _bad(f"Seal {orphan.seal} is missing: its leaves are there.") if orphan else None


def _row(what: str, tables: list[str], leaf: Leaf, at: Any, seal: AuditSeal) -> Broken:
    table = tables[leaf.table]
    when = f"written {_moment(at)}" if at else f"written before {_moment(seal.sealed_at)}"
    said = {"inserted": "was inserted after the seal", "missing": "is missing", "altered": "was altered"}[
        what
    ]
    sentence = f"{table} row {leaf.id}, {when}, {said} (seal {seal.number}, transaction {leaf.xid})."
    return Broken(what, sentence, table, leaf.id, at)


def _bad(sentence: str) -> Broken:
    return Broken("seal", sentence)


def _moment(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
