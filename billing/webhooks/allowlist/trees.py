"""How a line of the allow list is written.

A word is a path; ``*`` stands for each element of a list, and names in brackets stand below the path before
them: ``items.data.*.(id quantity)``. What a value must look like follows from its name (`shapes.of_name`), or
is said behind it: ``description(text)`` is free text, ``plan_id(id)`` an id.
"""

import re
from dataclasses import dataclass, field

from billing.webhooks.allowlist.shapes import SHAPES, Shape, of_name

_TOKEN = re.compile(r"([\w.*]+?)(\.?)\(([^()]*(?:\([^()]*\)[^()]*)*)\)|(\S+)")


@dataclass(slots=True)
class Node:
    """What may stand at a path: a value of a shape, named fields below it, or elements (``each``)."""

    shape: Shape | None = None
    below: "dict[str, Node]" = field(default_factory=dict)
    each: "Node | None" = None


def tree_of(spec: str) -> Node:
    """The lines of a table as a tree. Raises `ValueError` for a shape that there is not."""
    root = Node()
    _grow(root, spec)
    return root


def _grow(node: Node, spec: str) -> None:
    for prefix, dot, inner, plain in _TOKEN.findall(spec):
        path = (plain or prefix).split(".")
        at = _at(node, path)
        if plain:
            at.shape = of_name(path[-1])
        elif dot:
            _grow(at, inner)
        elif inner in SHAPES:
            at.shape = SHAPES[inner]
        else:
            raise ValueError(f"{prefix}({inner}): no such shape; fields below are {prefix}.(…).")


def _at(node: Node, path: list[str]) -> Node:
    for name in path:
        if name == "*":
            node.each = node.each or Node()
            node = node.each
        else:
            node = node.below.setdefault(name, Node())
    return node
