"""Jobs of ends at gateways: a line each."""

from django.utils import timezone
from procrastinate.contrib.django import app

from billing.gateways.retrying import UntilAnswered
from billing.subscriptions.gateway_ends import queue, setting


@app.task(name=queue.SET.task, queue=queue.SET.queue, retry=UntilAnswered())
def set_end(end_id: int) -> None:
    setting.set_end(end_id=end_id, now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="gateway_ends.resume", queue=queue.SET.queue, queueing_lock="gateway_ends.resume")
def resume(timestamp: int) -> None:
    setting.resume_settings(now=timezone.now())
