"""What can be done with any object that stands in a queue: assign, snooze, follow up."""

from typing import Any

from dashboard.actions.offers import offer
from dashboard.parts.entries import Action, Notice
from dashboard.parts.formatting import full_day, full_moment
from dashboard.queues.models import WorkItem


def work_actions(user: Any, kind: str, key: str) -> list[Action]:
    """The three actions of every queue; quiet, so that they stand in a page's menu."""
    each = {"permission": "work.assign", "kind": "quiet"}
    return [
        *offer(user, "Assign…", "work:assign", [kind, key], icon="user-check", **each),
        *offer(user, "Snooze…", "work:snooze", [kind, key], icon="clock-pause", **each),
        *offer(user, "Follow up…", "work:follow_up", [kind, key], icon="calendar", **each),
    ]


def work_notices(kind: str, pk: int) -> list[Notice]:
    """Whose it is and when it comes back, as one sentence; empty when nobody has taken it up."""
    item = (
        WorkItem.objects.filter(subject_kind=kind, subject_id=pk)
        .select_related("assignee", "follow_up_by")
        .first()
    )
    if item is None:
        return []
    said = []
    if item.assignee:
        said.append(f"{item.assignee} looks after this")
    if item.snoozed_until:
        said.append(f"asleep until {full_moment(item.snoozed_until)}")
    if item.follow_up_on:
        said.append(f"{item.follow_up_by} follows it up on {full_day(item.follow_up_on)}")
    if not said:
        return []
    sentence = "; ".join(said)
    return [Notice(sentence[0].upper() + sentence[1:], item.note, "idle", "user-check")]
