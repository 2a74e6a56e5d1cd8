"""Jobs of trials: a line each."""

from django.utils import timezone
from procrastinate.contrib.django import app

from billing.history.actors import system
from billing.subscriptions.trials import ending, marking

WORKER = system("worker")


@app.periodic(cron="*/5 * * * *")
@app.task(name="trials.end_due", queue="billing", queueing_lock="trials.end_due")
def end_due(timestamp: int) -> None:
    ending.end_due_trials(actor=WORKER, now=timezone.now())


@app.periodic(cron="20 3 * * *")
@app.task(name="trials.forget_addresses", queue="billing", queueing_lock="trials.forget_addresses")
def forget_addresses(timestamp: int) -> None:
    marking.forget_old_addresses(now=timezone.now())
