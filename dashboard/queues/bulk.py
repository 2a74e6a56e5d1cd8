"""Giving many objects to somebody at once: the bulk action that a list of such objects offers."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django import forms

from billing.errors import Missing
from billing.history.actors import Actor
from billing.jobs.kinds import row_handler
from billing.jobs.models import RunRow
from dashboard.lists.screen import BulkAction
from dashboard.parts.formatting import grouped
from dashboard.queues.members import members_who_may
from dashboard.queues.services import assign
from dashboard.queues.subjects import KINDS
from dashboard.staff.models import Member

NOBODY = "nobody"


def member_choices(permission: str) -> list[tuple[str, str]]:
    """Those who may see it, by name, and nobody."""
    known = [(str(member.pk), str(member)) for member in members_who_may(permission)]
    return [*known, (NOBODY, "Nobody")]


def assign_many(name: str) -> BulkAction:
    """`bulk=(assign_many("refund"),)` in a list's declaration."""
    kind = KINDS[name]

    class AssignForm(forms.Form):
        assignee = forms.ChoiceField(
            label="Assign to",
            choices=lambda: [("", "Choose somebody"), *member_choices(kind.permission)],
            error_messages={"required": "Assign to: choose who looks after them."},
        )

    return BulkAction(
        name="assign",
        label="Assign to…",
        kind=f"work.assign.{name}",
        permission="work.assign",
        form=AssignForm,
        effect=lambda count, asked: _effect(count, asked, name),
        icon="user-check",
    )


def _effect(count: int, asked: Mapping[str, Any], name: str) -> str:
    chosen = asked.get("assignee", "")
    many = f"{grouped(count)} {name}s" if count != 1 else f"1 {name}"
    if chosen == NOBODY:
        return f"{many} belong to nobody then" if count != 1 else f"{many} belongs to nobody then"
    member = Member.objects.filter(pk=chosen).first() if chosen else None
    return f"{member} finds {many} in My work" if member else f"{many}: choose who looks after them"


def _handler(name: str) -> Callable[..., str]:
    def give(row: RunRow, asked: Mapping[str, Any], *, actor: Actor, now: datetime) -> str:
        """One object of the bulk action."""
        kind = KINDS[name]
        subject = kind.model._default_manager.filter(pk=row.subject_id).first()
        if subject is None:
            raise Missing("subject_missing", f"This {name} is no longer here.")
        chosen = asked["assignee"]
        member = None if chosen == NOBODY else Member.objects.filter(pk=chosen).first()
        if chosen != NOBODY and member is None:
            raise Missing("member_missing", "This member is no longer here: choose somebody else.")
        assign(
            subject=subject,
            label=kind.label(subject),
            url=kind.url(subject),
            assignee=member,
            actor=actor,
            now=now,
        )
        return f"Assigned to {member}" if member else "Belongs to nobody now"

    return give


for _name in KINDS:
    row_handler(f"work.assign.{_name}", subject=_name)(_handler(_name))
