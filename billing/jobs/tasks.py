"""Jobs of long work over rows: one that does a run, and one that takes up what a killed worker left."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from billing.jobs import files, services


@app.task(name=services.DO_RUN, queue="runs", retry=RetryStrategy(max_attempts=5, wait=5, exponential_wait=3))
def do_run(run_id: int) -> None:
    services.do_run(run_id=run_id, clock=timezone.now)


@app.periodic(cron="* * * * *")
@app.task(name="jobs.take_up_silent", queue="runs", queueing_lock="jobs.take_up_silent")
def take_up_silent(timestamp: int) -> None:
    services.take_up_silent(now=timezone.now())


@app.periodic(cron="40 * * * *")
@app.task(name="jobs.drop_old_files", queue="runs", queueing_lock="jobs.drop_old_files")
def drop_old_files(timestamp: int) -> None:
    files.drop_old(now=timezone.now())
