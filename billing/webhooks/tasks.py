"""Jobs of webhooks: one line each. Events themselves are no jobs: the worker drains the inbox."""

from procrastinate.contrib.django import app

from billing.webhooks import queue, services


@app.task(name=queue.PROCESS, queue=queue.QUEUE)
def process(event_pk: int) -> None:
    """A job of an older version, which queued one for each event."""
    services.drain(most=1)
