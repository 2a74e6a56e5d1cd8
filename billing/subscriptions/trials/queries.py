"""Reading trials: lists, what they share, and how many went on."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth

from billing.subscriptions.trials.models import TrialCluster, TrialMark, TrialStart
from billing.subscriptions.trials.rules import conversion

__all__ = [
    "Month",
    "clusters_for_list",
    "conversion_by_month",
    "marks_of",
    "trial_by_reference",
    "trials_for_list",
]

#: From so many trials on a mark is shared, and its cluster shown.
SHARED = 2


def trials_for_list() -> QuerySet[TrialStart]:
    """Every trial with its customer and what its subscription pays."""
    return TrialStart.objects.select_related("customer__identity", "subscription").prefetch_related(
        "subscription__items__price__tier"
    )


def trial_by_reference(reference: str) -> TrialStart | None:
    return trials_for_list().filter(reference=reference).first()


def clusters_for_list() -> QuerySet[TrialCluster]:
    """What at least two trials share."""
    return TrialCluster.objects.filter(trials__gte=SHARED)


def marks_of(trial: TrialStart) -> list[TrialMark]:
    """What a trial is known by, the most shared first."""
    return list(trial.marks.select_related("cluster").order_by("-cluster__trials", "pk"))


def trials_in(cluster_ids: Collection[int]) -> QuerySet[TrialStart]:
    """The trials that share one of these, the newest first."""
    inside = TrialMark.objects.filter(cluster__in=list(cluster_ids))
    return trials_for_list().filter(pk__in=inside.values("trial_id")).order_by("-started_at", "-pk")


@dataclass(slots=True)
class Month:
    """The trials that started in a month, by what became of them so far."""

    first: date
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def started(self) -> int:
        return sum(self.counts.values())

    @property
    def converted(self) -> int:
        return self.counts.get("converted", 0)

    @property
    def decided(self) -> int:
        """Those that are over: what the rate is of."""
        return conversion(self.counts)[1]

    @property
    def per_mille(self) -> int | None:
        """Converted in a thousand of those decided; None while none is."""
        won, decided = conversion(self.counts)
        return round(won * 1000 / decided) if decided else None


def conversion_by_month(since: datetime, zone: tzinfo) -> list[Month]:
    """Each month from that of ``since`` on, the newest first, by the start of its trials. One query."""
    rows = (
        TrialStart.objects.filter(started_at__gte=since)
        .annotate(month=TruncMonth("started_at", tzinfo=zone))
        .values_list("month", "state")
        .annotate(count=Count("pk"))
        .order_by("month")
    )
    months: dict[date, Month] = {}
    for month, state, count in rows:
        months.setdefault(month.date(), Month(month.date())).counts[state] = count
    return [months[first] for first in sorted(months, reverse=True)]
