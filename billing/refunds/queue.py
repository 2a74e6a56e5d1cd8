"""Putting refunds into the queue of jobs, and finding those that have dropped out of it."""

from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

SUBMIT = "refunds.submit"


def enqueue_submit(refund_id: int) -> None:
    """Queues the call in the caller's transaction; two jobs of one refund never run at the same time."""
    app.configure_task(SUBMIT, lock=f"refund:{refund_id}").defer(refund_id=refund_id)


def with_a_job(refund_ids: list[int]) -> set[int]:
    """Those of the refunds whose job waits or runs."""
    jobs = ProcrastinateJob.objects.filter(
        task_name=SUBMIT, status__in=("todo", "doing"), lock__in=[f"refund:{each}" for each in refund_ids]
    )
    return {int(lock.partition(":")[2]) for lock in jobs.values_list("lock", flat=True) if lock}
