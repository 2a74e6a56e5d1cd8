"""Jobs of commitments: a line each."""

from django.db import OperationalError
from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from billing.gateways.errors import NotSetUp, Unreachable
from billing.subscriptions.commitments import queue, setting, watching

FIRST, LONGEST = 5, 900


class UntilAnswered(BaseRetryStrategy):
    """Again after 5, 10, 20 … seconds, a quarter of an hour at most, for as long as nobody has answered."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if not isinstance(exception, (Unreachable, NotSetUp, OperationalError)):
            return None
        wait = min(FIRST * 2 ** min(job.attempts, 10), LONGEST)
        return RetryDecision(retry_in={"seconds": max(wait, getattr(exception, "retry_after", None) or 0)})


@app.task(name=queue.SET, queue=queue.QUEUE, retry=UntilAnswered())
def set_at_gateway(commitment_id: int) -> None:
    setting.set_at_gateway(commitment_id=commitment_id, now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="commitments.watch", queue=queue.QUEUE, queueing_lock="commitments.watch")
def watch(timestamp: int) -> None:
    watching.resume_settings(now=timezone.now())
    watching.watch_commitments(now=timezone.now())
