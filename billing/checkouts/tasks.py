"""Jobs of checkouts: one line each."""

from django.utils import timezone
from procrastinate.contrib.django import app

from billing.checkouts.clearing import clear_abandoned as clear
from billing.checkouts.fulfilling import fulfil_waiting as fulfil


@app.periodic(cron="*/5 * * * *")
@app.task(name="checkouts.clear_abandoned", queueing_lock="checkouts.clear_abandoned")
def clear_abandoned(timestamp: int) -> None:
    clear(now=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="checkouts.fulfil_waiting", queueing_lock="checkouts.fulfil_waiting")
def fulfil_waiting(timestamp: int) -> None:
    fulfil(now=timezone.now())
