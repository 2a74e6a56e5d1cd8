"""Which subscriptions are due: our own, billable, and at the end of their period; and which ended ones owe
for what they used."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from billing.jobs.models import RunRow
from billing.subscriptions.models import CollectedBy, Subscription
from billing.subscriptions.rules import BILLABLE

__all__ = [
    "SUBJECT",
    "Mark",
    "behind",
    "count_due",
    "due",
    "lock_due",
    "lock_owing",
    "mark_of",
    "owing",
    "untried",
    "waits",
]

SUBJECT = "subscription"
#: Where a pass over the due ones stands: the end of the last period taken, and its subscription.
type Mark = tuple[datetime, int]


def due(until: datetime) -> QuerySet[Subscription]:
    """Those whose period has ended by then, in the order in which they are billed: the oldest first."""
    return Subscription.objects.filter(
        collected_by=CollectedBy.US, state__in=sorted(BILLABLE), current_period_end__lte=until
    ).order_by("current_period_end", "pk")


def owing(until: datetime) -> QuerySet[Subscription]:
    """Those that have ended by then and whose last usage is not billed yet, the longest ended first."""
    return Subscription.objects.filter(
        collected_by=CollectedBy.US, usage_due_at__isnull=False, usage_due_at__lte=until
    ).order_by("usage_due_at", "pk")


def waits(until: datetime, run_id: int) -> bool:
    """Whether the run has anything left to do that did not fail in it."""
    return any(untried(until, run_id, of).exists() for of in (due, owing))


def untried(
    until: datetime, run_id: int, of: Callable[[datetime], QuerySet[Subscription]] = due
) -> QuerySet[Subscription]:
    """Those due that have not failed in this run."""
    failed = RunRow.objects.filter(run_id=run_id, subject_kind=SUBJECT, subject_id=OuterRef("pk"), ok=False)
    return of(until).filter(~Exists(failed))


def behind(rows: QuerySet[Subscription], after: Mark | None) -> QuerySet[Subscription]:
    """Those of the rows that the mark has not passed."""
    if after is None:
        return rows
    # One comparison of two columns, which the index begins at: thousands may end at the same moment.
    place = Tuple(F("current_period_end"), F("pk"))
    return rows.filter(TupleGreaterThan(place, after))


def mark_of(row: Subscription) -> Mark:
    """The mark behind a due row, as it was selected."""
    assert row.current_period_end is not None
    return row.current_period_end, row.pk


def lock_due(until: datetime, run_id: int, after: Mark | None, limit: int) -> list[Subscription]:
    """The next batch, locked until the transaction ends. What somebody else holds is left out: they are
    either billing it, or changing it and done before the next pass."""
    rows = behind(untried(until, run_id), after)
    return list(rows.select_for_update(skip_locked=True, of=("self",), no_key=True)[:limit])


def lock_owing(until: datetime, run_id: int, limit: int) -> list[Subscription]:
    """The next ended ones that owe for usage, locked as `lock_due` does."""
    rows = untried(until, run_id, owing)
    return list(rows.select_for_update(skip_locked=True, of=("self",), no_key=True)[:limit])


def count_due(until: datetime) -> int:
    """How many are due by then; from the indexes alone."""
    return due(until).order_by().count() + owing(until).order_by().count()
