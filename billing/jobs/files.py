"""Files that the rows of a run make, such as documents for one archive: kept a day, in the database, because
the worker that makes them and the web server that hands them out need not share a disk."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from billing.jobs.models import Run, RunFile, RunRow
from billing.logs import add_facts, service

__all__ = ["KEPT", "count_files", "drop_old", "files_of", "keep_file"]

KEPT = timedelta(days=1)


def keep_file(*, row: RunRow, name: str, content: bytes, now: datetime) -> RunFile:
    """Keeps what a row has made; a row that is done again keeps the newer."""
    made, _ = RunFile.objects.update_or_create(
        row=row, defaults={"name": name[:120], "content": content, "made_at": now}
    )
    return made


def count_files(run: Run) -> int:
    return RunFile.objects.filter(row__run=run).count()


def files_of(run: Run) -> Iterator[RunFile]:
    """The run's files in the order of its rows, one in memory at a time."""
    ids = list(RunFile.objects.filter(row__run=run).order_by("row_id").values_list("pk", flat=True))
    for pk in ids:
        file = RunFile.objects.filter(pk=pk).first()
        if file is not None:
            yield file


@service("jobs")
def drop_old(*, now: datetime) -> int:
    """Deletes the files that are older than `KEPT`; how many there were."""
    gone, _ = RunFile.objects.filter(made_at__lt=now - KEPT).delete()
    add_facts(dropped=gone)
    return gone
