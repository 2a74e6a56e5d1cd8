"""A row's leaf: where it stands in the chain, and the hash of what it says.

34 bytes: the transaction (8), the table's place among the seal's tables (2), the row's id (8), and the
first 16 of the SHA-256 over the row's canonical form. Packed big-endian, so leaves sort as their rows do.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct

_LEAF = Struct(">QHQ16s")
SIZE = _LEAF.size
PER_PART = 5_000


@dataclass(frozen=True, slots=True, order=True)
class Leaf:
    """One row of the chain; in the chain's order."""

    xid: int
    table: int
    id: int
    hash: bytes

    @property
    def place(self) -> tuple[int, int, int]:
        return (self.xid, self.table, self.id)

    def pack(self) -> bytes:
        return _LEAF.pack(self.xid, self.table, self.id, self.hash)


def hash_of(table: str, values: str) -> bytes:
    """Of a row's canonical form: its table, and its values as a JSON array in the shape's order."""
    return sha256(f"{table}\n{values}".encode()).digest()[:16]


def parts(leaves: Iterable[Leaf]) -> Iterator[bytes]:
    """Leaves packed, `PER_PART` together."""
    held = bytearray()
    for leaf in leaves:
        held += leaf.pack()
        if len(held) >= PER_PART * SIZE:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def unpack(packed: bytes) -> Iterator[Leaf]:
    """The leaves of a part. Raises ValueError when it holds no whole number of them."""
    if len(packed) % SIZE:
        raise ValueError(f"{len(packed)} bytes are no whole number of leaves")
    return (Leaf(*fields) for fields in _LEAF.iter_unpack(packed))
