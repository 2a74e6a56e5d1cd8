"""Jobs of credits: one line each."""

from django.utils import timezone
from procrastinate.contrib.django import app

from billing.credits import services
from billing.credits.writing import warn_customers
from billing.history.actors import system

WORKER = system("worker")


@app.periodic(cron="*/10 * * * *")
@app.task(name="credits.expire_due", queue="credits", queueing_lock="credits.expire_due")
def expire_due(timestamp: int) -> None:
    services.expire_due(actor=WORKER, now=timezone.now())


@app.periodic(cron="23 6 * * *")
@app.task(name="credits.warn_before_expiry", queue="credits", queueing_lock="credits.warn_before_expiry")
def warn_before_expiry(timestamp: int) -> None:
    warn_customers(actor=WORKER, now=timezone.now())
