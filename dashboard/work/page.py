"""What My work shows: what is mine, what is to be followed up, and what sleeps."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse

from dashboard.parts.formatting import full_day
from dashboard.parts.states import STATES, State, state_of
from dashboard.queues.models import WorkItem
from dashboard.queues.queries import asleep_for, assigned_to, follow_ups_of
from dashboard.queues.subjects import KINDS, name_of_subject, subjects_of

MOST = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of work with its object as it is now."""

    item: WorkItem
    label: str
    icon: str
    url: str
    name: str
    language: str
    state: State | None
    address: str
    overdue: str = ""

    def act(self, what: str) -> str:
        return f"{self.address}{what}/"

    @property
    def done_url(self) -> str:
        return self.act("done")

    @property
    def release_url(self) -> str:
        return self.act("release")

    @property
    def wake_url(self) -> str:
        return self.act("wake")


def context(member: Any, now: datetime, today: date) -> dict[str, Any]:
    """Four lists; three queries and one for each kind of object in them."""
    followed = list(follow_ups_of(member)[:MOST])
    mine = list(assigned_to(member, now)[:MOST])
    asleep = list(asleep_for(member, now)[:MOST])
    everything = [*followed, *mine, *asleep]
    subjects = subjects_of(((item.subject_kind, item.subject_id) for item in everything), member)

    def rows(items: list[WorkItem]) -> list[Row]:
        return [
            _row(item, subjects[item.subject_kind, item.subject_id], today)
            for item in items
            if (item.subject_kind, item.subject_id) in subjects
        ]

    return {
        "due": rows([item for item in followed if item.follow_up_on and item.follow_up_on <= today]),
        "coming": rows([item for item in followed if item.follow_up_on and item.follow_up_on > today]),
        "mine": rows(mine),
        "asleep": rows(asleep),
        "nothing": not everything,
        "most": MOST if max(map(len, (followed, mine, asleep))) == MOST else 0,
    }


def _row(item: WorkItem, subject: Any, today: date) -> Row:
    kind = KINDS[item.subject_kind]
    name, language = name_of_subject(subject)
    value = getattr(subject, "state", "")
    late = item.follow_up_on is not None and item.follow_up_on < today
    key = str(getattr(subject, kind.key))
    return Row(
        item=item,
        label=kind.label(subject),
        icon=kind.icon,
        url=kind.url(subject),
        name=name,
        language=language,
        state=state_of(kind.name, value) if value and kind.name in STATES else None,
        address=reverse("work:assign", args=[kind.name, key]).removesuffix("assign/"),
        overdue=f"Overdue since {full_day(item.follow_up_on)}" if late and item.follow_up_on else "",
    )
