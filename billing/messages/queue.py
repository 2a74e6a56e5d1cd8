"""Putting messages into the queue of jobs."""

from datetime import timedelta

from procrastinate.contrib.django import app

SEND = "messages.send"
QUEUE = "messages"


def enqueue_send(message_id: int, *, after: timedelta | None = None) -> None:
    """Queues the send in the caller's transaction; two jobs of one message never run at the same time."""
    lock = f"message:{message_id}"
    task = app.configure_task(SEND, queue=QUEUE, lock=lock, schedule_in=_seconds(after))
    task.defer(message_id=message_id)


def _seconds(after: timedelta | None) -> dict[str, int] | None:
    return {"seconds": int(after.total_seconds())} if after else None
