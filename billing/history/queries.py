"""Reading what happened, newest first."""

from collections.abc import Iterable

from django.db.models import Model, Q, QuerySet

from billing.history.models import HistoryEntry

MOST = 50


def timeline_of(subject: Model, *, also: Iterable[Model] = (), most: int = MOST) -> list[HistoryEntry]:
    """What happened to an object, and to those that belong to it, newest first. One query."""
    return list(_of(subject, *also)[:most])


def timeline_of_customer(customer_id: int, *, most: int = MOST) -> list[HistoryEntry]:
    """What happened to a customer and to everything that is theirs, newest first."""
    return list(HistoryEntry.objects.filter(customer_id=customer_id).order_by("-at", "-id")[:most])


def _of(*subjects: Model) -> QuerySet[HistoryEntry]:
    by_kind: dict[str, list[int]] = {}
    for subject in subjects:
        by_kind.setdefault(subject._meta.model_name or "", []).append(subject.pk)
    wanted = Q()
    for kind, ids in by_kind.items():
        wanted |= Q(subject_kind=kind, subject_id__in=ids)
    return HistoryEntry.objects.filter(wanted).order_by("-at", "-id")
