"""The one job of a commitment: to set at the gateway what was decided here."""

from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

SET = "commitments.set_at_gateway"
QUEUE = "gateways"


def enqueue_setting(commitment_id: int) -> None:
    """Joins the transaction that decided; one at a time for each commitment."""
    lock = f"commitment:{commitment_id}"
    app.configure_task(SET, queue=QUEUE, lock=lock).defer(commitment_id=commitment_id)


def with_a_job(commitment_ids: list[int]) -> set[int]:
    """Those of the commitments whose job waits or runs."""
    jobs = ProcrastinateJob.objects.filter(
        task_name=SET,
        status__in=("todo", "doing"),
        lock__in=[f"commitment:{each}" for each in commitment_ids],
    )
    return {int(lock.partition(":")[2]) for lock in jobs.values_list("lock", flat=True) if lock}
