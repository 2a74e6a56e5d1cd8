"""When a job that called a gateway is tried again."""

from django.db import OperationalError
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from billing.gateways.errors import NotSetUp, Unreachable

__all__ = ["UntilAnswered"]

FIRST, LONGEST = 5, 900


class UntilAnswered(BaseRetryStrategy):
    """Again after 5, 10, 20 … seconds, a quarter of an hour at most, or when the gateway said; for as long
    as nobody has answered. What is a bug is not tried again: who resumes lost rows gives it another job."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if not isinstance(exception, (Unreachable, NotSetUp, OperationalError)):
            return None
        wait = min(FIRST * 2 ** min(job.attempts, 10), LONGEST)
        return RetryDecision(retry_in={"seconds": max(wait, getattr(exception, "retry_after", None) or 0)})
