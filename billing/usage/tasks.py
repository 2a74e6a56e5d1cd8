"""Jobs of usage: one line each."""

from django.utils import timezone
from procrastinate.contrib.django import app

from billing.history.actors import system
from billing.usage import pushing, services

WORKER = system("worker")


@app.periodic(cron="*/2 * * * *")
@app.task(name="usage.tell_thresholds", queue="usage", queueing_lock="usage.tell_thresholds")
def tell_thresholds(timestamp: int) -> None:
    services.tell_thresholds(actor=WORKER, now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="usage.push", queue="gateways", queueing_lock="usage.push", pass_context=False)
def push(timestamp: int) -> None:
    now = timezone.now()
    pushing.promise_pushes(now=now)
    pushing.push_due(now=now)
