"""Jobs of messages: one line each."""

from django.utils import timezone
from procrastinate.contrib.django import app

from billing.messages import queue, services


@app.task(name=queue.SEND, queue=queue.QUEUE)
def send(message_id: int) -> None:
    services.send(message_id=message_id, now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="messages.give_up_on_silent", queue=queue.QUEUE, queueing_lock="messages.give_up_on_silent")
def give_up_on_silent(timestamp: int) -> None:
    services.give_up_on_silent(now=timezone.now())
