"""Assigning, snoozing and following up whatever stands in a queue."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model

from billing.errors import InvalidInput
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import service
from dashboard.queues.models import WorkItem

LONGEST_SNOOZE = timedelta(days=366)


@service("work")
def assign(
    *, subject: Model, label: str, url: str, assignee: Any | None, actor: Actor, now: datetime
) -> WorkItem:
    """Makes ``subject`` the work of ``assignee``, or of nobody with None; once more changes nothing."""
    if assignee is not None and not assignee.is_active:
        raise InvalidInput(
            "assignee_inactive",
            f"Assign to: {assignee} no longer works here. Choose somebody else.",
            field="assignee",
        )
    with transaction.atomic():
        item = _locked(subject, label, url, now)
        if item.assignee_id != (assignee.pk if assignee else None):
            item.assignee = assignee
            item.changed_at = now
            item.save(update_fields=["assignee", "changed_at"])
            record(subject, "assigned", actor=actor, now=now, to=str(assignee) if assignee else "")
    return item


@service("work")
def snooze(
    *, subject: Model, label: str, url: str, until: datetime | None, actor: Actor, now: datetime
) -> WorkItem:
    """Keeps ``subject`` out of the queues until then; None wakes it now.

    Raises `InvalidInput` on "until" for a moment that is past or more than a year away.
    """
    if until is not None and until <= now:
        raise InvalidInput("snooze_past", "Until: that is past. Choose a later moment.", field="until")
    if until is not None and until > now + LONGEST_SNOOZE:
        raise InvalidInput("snooze_too_long", "Until: choose a day within a year.", field="until")
    with transaction.atomic():
        item = _locked(subject, label, url, now)
        if item.snoozed_until != until:
            item.snoozed_until = until
            item.changed_at = now
            item.save(update_fields=["snoozed_until", "changed_at"])
            kind = "snoozed" if until else "woken"
            record(subject, kind, actor=actor, now=now, until=until.isoformat() if until else "")
    return item


@service("work")
def follow_up(
    *,
    subject: Model,
    label: str,
    url: str,
    on: date | None,
    note: str,
    member: Any,
    actor: Actor,
    now: datetime,
) -> WorkItem:
    """Brings ``subject`` back to ``member`` on that day; None says it is done.

    Raises `InvalidInput` on "on" for a day that is past, on "note" when it is too long.
    """
    if on is not None and on < now.date():
        raise InvalidInput("follow_up_past", "On: that day is past. Choose today or later.", field="on")
    if len(note) > 500:
        raise InvalidInput("note_too_long", "Note: shorten it to 500 characters.", field="note")
    with transaction.atomic():
        item = _locked(subject, label, url, now)
        item.follow_up_on = on
        item.follow_up_by = member if on else None
        item.note = note if on else ""
        item.changed_at = now
        item.save(update_fields=["follow_up_on", "follow_up_by", "note", "changed_at"])
        kind = "follow_up" if on else "follow_up_done"
        record(subject, kind, actor=actor, now=now, reason=note, on=on.isoformat() if on else "")
    return item


def _locked(subject: Model, label: str, url: str, now: datetime) -> WorkItem:
    key = {"subject_kind": subject._meta.model_name, "subject_id": subject.pk}
    WorkItem.objects.bulk_create(
        [WorkItem(**key, label=label, url=url, changed_at=now)], ignore_conflicts=True
    )
    return WorkItem.objects.select_for_update().get(**key)
