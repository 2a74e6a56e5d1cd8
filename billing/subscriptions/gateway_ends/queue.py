"""The one job of an end: to set it at the gateway."""

from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

SET = "gateway_ends.set_end"
QUEUE = "gateways"


def enqueue_setting(end_id: int) -> None:
    """Joins the transaction that asked; one at a time for each end."""
    app.configure_task(SET, queue=QUEUE, lock=_lock(end_id)).defer(end_id=end_id)


def with_a_job(end_ids: list[int]) -> set[int]:
    """Those of the ends whose job waits or runs."""
    jobs = ProcrastinateJob.objects.filter(
        task_name=SET, status__in=("todo", "doing"), lock__in=[_lock(each) for each in end_ids]
    )
    return {int(lock.partition(":")[2]) for lock in jobs.values_list("lock", flat=True) if lock}


def _lock(end_id: int) -> str:
    return f"gateway_end:{end_id}"
