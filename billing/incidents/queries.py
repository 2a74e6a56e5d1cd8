"""Reading incidents: the list, one with its runs, and what its credits come to."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from billing.approvals.models import Approval
from billing.incidents.models import Incident, IncidentCredit
from billing.jobs.models import Run
from billing.money import Money

__all__ = [
    "KIND",
    "Standing",
    "credits_for_list",
    "incident_by_reference",
    "incidents_for_list",
    "standing_of",
]

#: The kind of the runs that give an incident's credits, a run for each currency.
KIND = "incidents.credit"


def incidents_for_list() -> QuerySet[Incident]:
    return Incident.objects.select_related("meter", "tier")


def incident_by_reference(reference: str) -> Incident | None:
    return incidents_for_list().filter(reference=reference).first()


def credits_for_list() -> QuerySet[IncidentCredit]:
    return IncidentCredit.objects.select_related("incident", "customer__identity", "entry")


@dataclass(frozen=True, slots=True)
class Standing:
    """One currency of an incident: what is to be given and what was, the latest run and its request."""

    currency: str
    count: int
    total: Money
    given: int
    given_total: Money
    run: Run | None
    approval: Approval | None

    @property
    def is_open(self) -> bool:
        """Whether something is left to give and nothing is under way or waiting."""
        under_way = self.run is not None and self.run.state in ("queued", "running", "paused")
        return self.given < self.count and not under_way


def standing_of(incident: Incident) -> list[Standing]:
    """How far the crediting is, by currency; three queries."""
    sums = (
        IncidentCredit.objects.filter(incident=incident, amount_minor__gt=0)
        .order_by()
        .values("currency")
        .annotate(
            count=Count("id"),
            total=Sum("amount_minor"),
            given=Count("id", filter=Q(entry__isnull=False)),
            given_total=Sum("amount_minor", filter=Q(entry__isnull=False)),
        )
    )
    runs = {run.asked["currency"]: run for run in runs_of(incident)}
    asked = Approval.objects.filter(target_kind="run", target_id__in=[run.pk for run in runs.values()])
    approvals = {approval.target_id: approval for approval in asked.order_by("pk")}
    return [
        Standing(
            currency=row["currency"],
            count=row["count"],
            total=Money(row["total"], row["currency"]),
            given=row["given"],
            given_total=Money(row["given_total"] or 0, row["currency"]),
            run=(run := runs.get(row["currency"])),
            approval=approvals.get(run.pk) if run else None,
        )
        for row in sorted(sums, key=lambda row: str(row["currency"]))
    ]


def runs_of(incident: Incident) -> QuerySet[Run]:
    """Its runs, oldest first; each is told by the reference in its form key's beginning."""
    return Run.objects.filter(kind=KIND, form_key__startswith=f"{incident.reference}:").order_by("pk")
