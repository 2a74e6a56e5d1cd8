"""Who works here, and what was done about them."""

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db.models import Prefetch, QuerySet

from billing.history.models import HistoryEntry
from dashboard.access.roles import ROLES
from dashboard.parts.entries import Moment
from dashboard.staff.models import Member

LABELS = {role.name: role.label for role in ROLES}
STORY = {
    "invited": ("Invited", "user-plus", "move"),
    "roles_changed": ("Roles changed", "shield", "move"),
    "deactivated": ("Deactivated", "user-off", "idle"),
    "reactivated": ("Reactivated", "user-check", "ok"),
    "invitation_sent": ("Invitation sent again", "send", ""),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list of members."""

    member: Member
    roles: str
    second_step: bool


def members(*, also_deactivated: bool = False) -> list[Row]:
    """Members by name, in three queries whatever their number."""
    from allauth.mfa.models import Authenticator

    rows: QuerySet[Member] = Member.objects.order_by("-is_active", "display_name", "pk").prefetch_related(
        Prefetch("groups", queryset=Group.objects.order_by("name"))
    )
    if not also_deactivated:
        rows = rows.filter(is_active=True)
    protected = set(
        Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES).values_list(
            "user_id", flat=True
        )
    )
    return [Row(member, role_words(member), member.pk in protected) for member in rows]


def role_words(member: Member) -> str:
    return ", ".join(LABELS.get(group.name, group.name) for group in member.groups.all()) or "No role"


def story(member: Member) -> list[Moment]:
    """What was done about this member, newest first."""
    entries = HistoryEntry.objects.filter(subject_kind="member", subject_id=member.pk).order_by("-at", "-id")[
        :100
    ]
    return [
        Moment(
            _sentence(entry),
            entry.at,
            *STORY.get(entry.kind, ("", "circle-dot", ""))[1:],
            entry.actor_name,
            entry.reason,
        )
        for entry in entries
    ]


def _sentence(entry: HistoryEntry) -> str:
    says = STORY.get(entry.kind, (entry.kind.replace("_", " ").capitalize(), "", ""))[0]
    names = entry.facts.get("now_has") or entry.facts.get("roles")
    return f"{says}: {', '.join(LABELS.get(name, name) for name in names)}" if names else says
