"""Jobs of commitments: a line each."""

from django.utils import timezone
from procrastinate.contrib.django import app

from billing.gateways.retrying import UntilAnswered
from billing.subscriptions.commitments import queue, setting, watching


@app.task(name=queue.SET.task, queue=queue.SET.queue, retry=UntilAnswered())
def set_at_gateway(commitment_id: int) -> None:
    setting.set_at_gateway(commitment_id=commitment_id, now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="commitments.watch", queue=queue.SET.queue, queueing_lock="commitments.watch")
def watch(timestamp: int) -> None:
    watching.resume_settings(now=timezone.now())
    watching.watch_commitments(now=timezone.now())
