"""What happens beside a dispute that is lost or no longer so, where a floor above takes something back.

    register(settle)    # settle(disputes, actor=, now=): rows as they were just recorded

It is called for each dispute that was written, in the same transaction, under the lock of its payment and
after its money was posted; what is done twice has to change nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from billing.disputes.models import Dispute
from billing.history.actors import Actor

_settlers: list[Callable[..., None]] = []


def register(settle: Callable[..., None]) -> None:
    _settlers.append(settle)


def settle(disputes: Sequence[Dispute], *, actor: Actor, now: datetime) -> None:
    """Lets each floor above act on what was decided."""
    for each in _settlers if disputes else ():
        each(disputes, actor=actor, now=now)
