"""Who is acting now, for everything written inside a ``with`` block.

The same facts reach two places: the entries that services write, and the audit rows that the
database's triggers write for every changed row (through pghistory's context).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import pghistory

from billing.history.actors import Actor


@dataclass(frozen=True, slots=True)
class Acting:
    actor: Actor
    request_id: str = ""
    reason: str = ""


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting(actor: Actor, *, request_id: str = "", reason: str = "") -> Iterator[Acting]:
    """Everything written inside is done by ``actor``, in ``request_id``, for ``reason``."""
    outer = _acting.get()
    now = Acting(
        actor,
        request_id or (outer.request_id if outer else ""),
        reason or (outer.reason if outer else ""),
    )
    token = _acting.set(now)
    try:
        with pghistory.context(who=actor.ref, name=actor.name, request=now.request_id, reason=now.reason):
            yield now
    finally:
        _acting.reset(token)


def current() -> Acting | None:
    """Who acts here, or None outside of any ``acting`` block."""
    return _acting.get()
