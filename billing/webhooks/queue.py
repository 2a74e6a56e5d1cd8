"""How an event is given to a worker, in the caller's transaction."""

from procrastinate.contrib.django import app

PROCESS = "webhooks.process"
QUEUE = "webhooks"


def defer_event(event_pk: int) -> None:
    app.configure_task(PROCESS, queue=QUEUE).defer(event_pk=event_pk)
