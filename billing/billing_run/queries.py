"""Reading billing runs: what they wrote, by currency and by worker, and what could not be billed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Sum

from billing.billing_run.due import SUBJECT
from billing.billing_run.models import BillingBatch
from billing.billing_run.outcome import Sums, add_sums
from billing.jobs.models import Run, RunRow
from billing.subscriptions.models import Subscription

__all__ = ["Failure", "Told", "Worker", "failures_of", "told_of", "workers_of"]


@dataclass(frozen=True, slots=True)
class Told:
    """What the batches of a run add up to; ``sums`` by currency, in minor units."""

    renewed: int
    ended: int
    invoices: int
    sums: Sums


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker's part in a run; ``busy_ms`` is the time its batches took together."""

    name: str
    batches: int
    renewed: int
    invoices: int
    busy_ms: int

    @property
    def a_second(self) -> int:
        """Invoices a second while it was at work."""
        return self.invoices * 1000 // self.busy_ms if self.busy_ms else 0


@dataclass(frozen=True, slots=True)
class Failure:
    """A subscription that was not billed, and why."""

    row_id: int
    reference: str
    sentence: str
    at: datetime | None
    customer: object


def told_of(run: Run) -> Told:
    """The sum of its batches: what they tell has been committed."""
    renewed = ended = invoices = 0
    sums: Sums = {}
    rows = BillingBatch.objects.filter(run=run).values_list("renewed", "ended", "invoices", "totals")
    for one_renewed, one_ended, one_invoices, totals in rows.iterator(chunk_size=2_000):
        renewed, ended, invoices = renewed + one_renewed, ended + one_ended, invoices + one_invoices
        sums = add_sums(sums, totals)
    return Told(renewed, ended, invoices, sums)


def workers_of(run: Run) -> list[Worker]:
    """Who took part, by name."""
    rows = (
        BillingBatch.objects.filter(run=run)
        .values("worker")
        .annotate(n=Count("pk"), r=Sum("renewed"), i=Sum("invoices"), ms=Sum("took_ms"))
        .order_by("worker")
    )
    return [Worker(row["worker"], row["n"], row["r"], row["i"], row["ms"]) for row in rows]


def failures_of(run: Run, *, after: int = 0, limit: int = 100) -> tuple[list[Failure], int]:
    """The next failures behind a row, and behind which row there are more (0: none)."""
    found = RunRow.objects.filter(run=run, subject_kind=SUBJECT, ok=False, pk__gt=after).order_by("pk")
    rows = list(found[: limit + 1])
    shown = rows[:limit]
    customers = _customers(row.subject_id for row in shown)
    told = [
        Failure(row.pk, row.label, row.message, row.done_at, customers.get(row.subject_id)) for row in shown
    ]
    return told, shown[-1].pk if len(rows) > limit else 0


def _customers(ids: Iterable[int]) -> dict[int, object]:
    rows = Subscription.objects.filter(pk__in=list(ids)).select_related("customer__identity")
    return {row.pk: row.customer for row in rows}
