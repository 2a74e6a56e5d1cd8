"""What is mine, what is due, and what sleeps."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from dashboard.queues.models import WorkItem


def assigned_to(member: Any, now: datetime) -> QuerySet[WorkItem]:
    """What is this member's now, what was touched last first; what sleeps is left out."""
    awake = Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now)
    return WorkItem.objects.filter(awake, assignee=member).order_by("-changed_at", "-id")


def asleep_for(member: Any, now: datetime) -> QuerySet[WorkItem]:
    """What is this member's and sleeps, the one that wakes first on top."""
    return WorkItem.objects.filter(assignee=member, snoozed_until__gt=now).order_by("snoozed_until", "id")


def follow_ups_of(member: Any) -> QuerySet[WorkItem]:
    """What this member is to follow up, the soonest first."""
    return WorkItem.objects.filter(follow_up_by=member, follow_up_on__isnull=False).order_by(
        "follow_up_on", "id"
    )


def due_count(member: Any, today: date, now: datetime) -> int:
    """How many things wait for this member: assigned and awake, or to follow up by today."""
    mine = Q(assignee=member) & (Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now))
    due = Q(follow_up_by=member, follow_up_on__lte=today)
    return WorkItem.objects.filter(mine | due).count()


def waiting_for(member: Any) -> int:
    """The same as of now, in the viewer's zone: for the sidebar."""
    return due_count(member, timezone.localdate(), timezone.now())


def items_of(kind: str, ids: Iterable[int]) -> dict[int, WorkItem]:
    """The work items of these objects, for the rows of a list: one query."""
    rows = WorkItem.objects.filter(subject_kind=kind, subject_id__in=list(ids)).select_related("assignee")
    return {item.subject_id: item for item in rows}


def sleeping(kind: str, now: datetime) -> Exists:
    """A condition for a queue's queryset: `~sleeping("refund", now)` leaves out what is snoozed."""
    return Exists(
        WorkItem.objects.filter(subject_kind=kind, subject_id=OuterRef("pk"), snoozed_until__gt=now)
    )
