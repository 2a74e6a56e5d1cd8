"""Jobs of webhooks: one line each."""

from django.utils import timezone
from procrastinate.contrib.django import app

from billing.webhooks import queue, services


@app.task(name=queue.PROCESS, queue=queue.QUEUE)
def process(event_pk: int) -> None:
    services.process_event(event_pk=event_pk, now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="webhooks.sweep", queue=queue.QUEUE, queueing_lock="webhooks.sweep")
def sweep(timestamp: int) -> None:
    services.sweep(now=timezone.now())
