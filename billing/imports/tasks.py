"""Jobs of imports: one line each."""

from django.utils import timezone
from procrastinate.contrib.django import app

from billing.imports import queue, services


@app.task(name=queue.RUN, queue=queue.QUEUE)
def run(run_id: int) -> None:
    services.run_import(run_id=run_id)


@app.periodic(cron="* * * * *")
@app.task(name="imports.resume_interrupted", queue="rescue", queueing_lock="imports.resume_interrupted")
def resume_interrupted(timestamp: int) -> None:
    services.resume_interrupted(now=timezone.now())
