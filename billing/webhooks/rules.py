"""What a webhook event may become, and when it is tried again. Pure."""

from datetime import datetime, timedelta

from billing.history.machines import Machine, moves

MACHINE = Machine(
    "webhook",
    moves("""
        received → processing
        processing → processed | failed | ignored | dead
        failed → processing | dead
        processed | dead | ignored → processing
        received | failed | dead → ignored
    """),
)

#: After the first failure, the second …; after the last of them the event is dead.
RETRIES = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=6),
)
#: Processing is a lease: whoever holds it for longer has died.
LEASE = timedelta(minutes=5)


def after_failure(attempts: int) -> str:
    """What an event becomes whose attempt number ``attempts`` has failed."""
    return "failed" if attempts <= len(RETRIES) else "dead"


def retry_at(attempts: int, last_tried_at: datetime) -> datetime | None:
    """When an event that failed is tried again; None when it is not."""
    return last_tried_at + RETRIES[attempts - 1] if 1 <= attempts <= len(RETRIES) else None
