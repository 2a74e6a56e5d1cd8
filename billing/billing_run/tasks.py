"""Jobs of billing: the hour's run, a worker's part in a run, and what a killed worker left."""

import os
import socket
import threading

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from billing.billing_run import forecasting, queue, running, starting

AGAIN = RetryStrategy(max_attempts=5, wait=5, exponential_wait=3)


@app.task(name=queue.WORK, queue=queue.QUEUE, retry=AGAIN)
def work(run_id: int) -> None:
    running.work_on(
        run_id=run_id, worker=f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident() % 997}"
    )


@app.task(name=queue.FORECAST, queue=queue.QUEUE, retry=AGAIN)
def forecast(run_id: int) -> None:
    forecasting.forecast(run_id=run_id, clock=timezone.now)


@app.periodic(cron="5 * * * *")
@app.task(name="billing_run.start", queue=queue.QUEUE, queueing_lock="billing_run.start")
def start(timestamp: int) -> None:
    starting.start_scheduled(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="billing_run.take_up_silent", queue="rescue", queueing_lock="billing_run.take_up_silent")
def take_up_silent(timestamp: int) -> None:
    starting.take_up_silent(now=timezone.now())
