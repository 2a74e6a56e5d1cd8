"""Jobs of subscriptions: one line each."""

from django.utils import timezone
from procrastinate.contrib.django import app

from billing.history.actors import system
from billing.subscriptions import granting, resuming

WORKER = system("worker")


@app.periodic(cron="7,37 * * * *")
@app.task(name="subscriptions.grant_due", queue="subscriptions", queueing_lock="subscriptions.grant_due")
def grant_due(timestamp: int) -> None:
    granting.grant_due(actor=WORKER, now=timezone.now())


@app.periodic(cron="*/15 * * * *")
@app.task(name="subscriptions.resume_due", queue="subscriptions", queueing_lock="subscriptions.resume_due")
def resume_due(timestamp: int) -> None:
    resuming.resume_due(actor=WORKER, now=timezone.now())
