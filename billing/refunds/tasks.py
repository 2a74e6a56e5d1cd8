"""Jobs of refunds: one line each."""

from django.db import OperationalError
from django.utils import timezone
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from billing.gateways.errors import NotSetUp, Unreachable
from billing.refunds import queue, services

FIRST, LONGEST = 5, 900


class UntilAnswered(BaseRetryStrategy):
    """Again after 5, 10, 20 … seconds, a quarter of an hour at most, or when the gateway said; for as long
    as nobody has answered. What is a bug is not tried again: `refunds.resume` gives it another job."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if not isinstance(exception, (Unreachable, NotSetUp, OperationalError)):
            return None
        wait = min(FIRST * 2 ** min(job.attempts, 10), LONGEST)
        return RetryDecision(retry_in={"seconds": max(wait, getattr(exception, "retry_after", None) or 0)})


@app.task(name=queue.SUBMIT, queue="gateways", retry=UntilAnswered())
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
