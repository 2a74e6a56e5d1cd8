"""Jobs that are about one row each: queued with it, one at a time for it, and found again when lost."""

from dataclasses import dataclass

from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

__all__ = ["RowJob"]


@dataclass(frozen=True, slots=True)
class RowJob:
    """The job called ``task``, which takes the id of a row of one noun as ``<noun>_id``."""

    task: str
    noun: str
    queue: str

    def enqueue(self, row_id: int) -> None:
        """Joins the caller's transaction; two jobs of one row never run at the same time."""
        job = app.configure_task(self.task, queue=self.queue, lock=self._lock(row_id))
        job.defer(**{f"{self.noun}_id": row_id})

    def without_one(self, row_ids: list[int]) -> list[int]:
        """Those of the rows whose job neither waits nor runs, in order."""
        jobs = ProcrastinateJob.objects.filter(
            task_name=self.task,
            status__in=("todo", "doing"),
            lock__in=[self._lock(each) for each in row_ids],
        )
        locks = jobs.values_list("lock", flat=True)
        return sorted(set(row_ids) - {int(lock.rpartition(":")[2]) for lock in locks if lock})

    def _lock(self, row_id: int) -> str:
        return f"{self.noun}:{row_id}"
