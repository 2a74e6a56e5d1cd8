"""Jobs of refunds: one line each."""

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from billing.gateways.retrying import UntilAnswered
from billing.refunds import queue, services


@app.task(name=queue.SUBMIT.task, queue=queue.SUBMIT.queue, retry=UntilAnswered())
def submit(refund_id: int) -> None:
    services.submit_refund(refund_id=refund_id, now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="refunds.resume", queue="gateways", queueing_lock="refunds.resume")
def resume(timestamp: int) -> None:
    services.resume_refunds(now=timezone.now())


@app.periodic(cron="17 * * * *")
@app.task(name="refunds.settle_stuck", queue="gateways", queueing_lock="refunds.settle_stuck")
def settle_stuck(timestamp: int) -> None:
    services.settle_stuck_refunds(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="gateways.rescue", queue="rescue", queueing_lock="gateways.rescue", pass_context=True)
async def rescue(context: JobContext, timestamp: int) -> None:
    """Takes up again what a killed worker was doing: its locks would hold back every job after it."""
    for job in await context.app.job_manager.get_stalled_jobs(queue="gateways"):
        await context.app.job_manager.retry_job(job)
