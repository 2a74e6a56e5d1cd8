"""What a payment may become, and when an invoice is charged again. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from billing.history.machines import Machine, moves

MACHINE = Machine(
    "payment",
    moves("""
        pending → authorized | requires_action | succeeded | failed | unknown | canceled
        authorized → succeeded | canceled | failed
        requires_action → succeeded | failed | canceled
    """),
    moves("""
        unknown → succeeded | failed | canceled | pending | requires_action | authorized
        succeeded → reversed
        failed → pending | requires_action | succeeded | canceled | authorized
        requires_action → pending | authorized
        reversed → succeeded
    """),
)

CAN_BE_REFUNDED = frozenset({"succeeded"})

#: An invoice whose payment is in one of these is charged by nobody else.
LIVE = frozenset({"pending", "authorized", "requires_action", "unknown"})

#: Days after the first failure on which a charge is tried again.
RETRY_DAYS = (1, 3, 7, 14, 30)
#: What the gateway says no to until somebody mends it here: tried again by the hour.
MENDING = timedelta(hours=1)
#: So long after a call went unanswered, a gateway that has never heard of it has not got it.
ARRIVES_WITHIN = timedelta(minutes=10)
#: A call whose process may still be waiting for the answer.
UNDER_WAY = timedelta(minutes=2)
#: What is unknown for so long is somebody's to look into.
TOO_LONG = timedelta(days=1)


def next_attempt(failed_at: Sequence[datetime], *, hard: bool) -> datetime | None:
    """When to charge again after these failures, oldest first; None when it waits for a new method, or has
    been tried often enough."""
    if hard or not failed_at or len(failed_at) > len(RETRY_DAYS):
        return None
    return failed_at[0] + timedelta(days=RETRY_DAYS[len(failed_at) - 1])


def next_look(asked_at: datetime, looked_at: datetime | None) -> datetime:
    """When to ask again what became of a call: soon at first, then by the hour."""
    if looked_at is None:
        return asked_at + UNDER_WAY
    return looked_at + min(max(looked_at - asked_at, UNDER_WAY), timedelta(hours=1))
