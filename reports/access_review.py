"""Who may do what, who did what in the last 90 days, and when each signed in last; as a page, CSV and PDF."""

import csv
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db.models import Count, Max
from django.template.loader import render_to_string

from billing.audit.models import AccessRead
from billing.history.models import HistoryEntry

__all__ = ["DAYS", "Deed", "Line", "Review", "Right", "as_csv", "as_pdf", "review"]

DAYS = 90
LOOK = Path(settings.BASE_DIR) / "static" / "documents" / "access_review.css"
#: What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Deed:
    """How often somebody did one kind of thing, and when last."""

    action: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One member: what they may do, did and read."""

    ref: str
    name: str
    email: str
    roles: tuple[str, ...]
    is_active: bool
    last_login: datetime | None
    may: frozenset[str]
    deeds: tuple[Deed, ...]
    reads: int
    exports: int

    @property
    def done(self) -> int:
        return sum(deed.count for deed in self.deeds)


@dataclass(frozen=True, slots=True)
class Right:
    """One permission: its name, what it lets one do, the roles that give it, and how many members hold it."""

    name: str
    does: str
    roles: tuple[str, ...]
    held_by: int


@dataclass(frozen=True, slots=True)
class Review:
    at: datetime
    since: datetime
    members: tuple[Line, ...]
    rights: tuple[Right, ...]
    roles: tuple[str, ...]

    @property
    def done(self) -> int:
        return sum(line.done for line in self.members)

    @property
    def grid(self) -> list[tuple[Right, list[bool]]]:
        """Each permission with whether each role gives it, in the order of ``roles``."""
        return [(right, [role in right.roles for role in self.roles]) for right in self.rights]


def review(*, now: datetime) -> Review:
    """The review of this moment; as many queries for ten members as for a thousand."""
    since = now - timedelta(days=DAYS)
    groups = list(Group.objects.order_by("name").prefetch_related("permissions__content_type"))
    gives = {group.name: frozenset(map(_name, group.permissions.all())) for group in groups}
    deeds = _deeds(since)
    reads = _reads(since)
    lines = []
    members = get_user_model()._default_manager.order_by("-is_active", "display_name", "pk")
    for member in members.prefetch_related("groups"):
        ref = f"staff:{member.pk}"
        roles = tuple(sorted(group.name for group in member.groups.all()))
        may = frozenset().union(*(gives.get(role, frozenset()) for role in roles))
        lines.append(
            Line(
                ref, str(member), member.email, roles, member.is_active, member.last_login,
                may if member.is_active else frozenset(),
                tuple(sorted(deeds.get(ref, ()), key=lambda deed: (-deed.count, deed.action))),
                reads[ref, False], reads[ref, True],
            )
        )  # fmt: skip
    rights = [
        Right(
            _name(permission),
            permission.name,
            tuple(group.name for group in groups if _name(permission) in gives[group.name]),
            sum(_name(permission) in line.may for line in lines),
        )
        for permission in _permissions()
    ]
    return Review(now, since, tuple(lines), tuple(rights), tuple(group.name for group in groups))


def _permissions() -> list[Permission]:
    rows = Permission.objects.filter(content_type__model="desk").select_related("content_type")
    return sorted(rows, key=_name)


def _name(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"


def _deeds(since: datetime) -> dict[str, list[Deed]]:
    found: dict[str, list[Deed]] = {}
    rows = HistoryEntry.objects.filter(actor_kind="person", at__gte=since).order_by()
    grouped = rows.values("actor_ref", "subject_kind", "kind", "to_state")
    for row in grouped.annotate(times=Count("pk"), last_at=Max("at")):
        words = row["to_state"] if row["kind"] == "state" else row["kind"].rpartition(".")[2]
        deed = Deed(f"{row['subject_kind']}: {words.replace('_', ' ')}", row["times"], row["last_at"])
        found.setdefault(row["actor_ref"], []).append(deed)
    return found


def _reads(since: datetime) -> Counter[tuple[str, bool]]:
    found: Counter[tuple[str, bool]] = Counter()
    rows = AccessRead.objects.filter(at__gte=since).order_by().values("member_ref", "kind")
    for row in rows.annotate(times=Count("pk")):
        found[row["member_ref"], row["kind"] == "export"] += row["times"]
    return found


def as_csv(found: Review) -> bytes:
    """One line for each right of each member and each kind of deed, and the control lines."""
    text = StringIO()
    write = csv.writer(text).writerow
    write(
        ["Member", "E-mail", "State", "Roles", "Last sign-in (UTC)", "What", "Of what", "Count", "Last (UTC)"]
    )
    held = 0
    for line in found.members:
        who = [_cell(line.name), _cell(line.email), "active" if line.is_active else "deactivated"]
        who += [", ".join(line.roles), _moment(line.last_login)]
        for right in sorted(line.may):
            write([*who, "may", right, "", ""])
            held += 1
        for deed in line.deeds:
            write([*who, "did", _cell(deed.action), deed.count, _moment(deed.last_at)])
        write([*who, "read", "customers", line.reads, ""])
        write([*who, "read", "exports", line.exports, ""])
    write(["Control total", "Members", len(found.members)])
    write(["Control total", "Rights held", held])
    write(["Control total", "Deeds", found.done])
    write(["Control total", "From (UTC)", _moment(found.since), "To (UTC)", _moment(found.at)])
    return ("\ufeff" + text.getvalue()).encode()


def as_pdf(found: Review) -> bytes:
    """The review as a document to sign. Nothing is fetched while it is drawn."""
    from weasyprint import CSS, HTML

    page = render_to_string("reports/access_review.html", {"review": found, "company": settings.COMPANY_NAME})
    return HTML(string=page, url_fetcher=_nothing).write_pdf(stylesheets=[CSS(filename=str(LOOK))])


def _nothing(url: str, *args: Any, **more: Any) -> Any:
    raise ValueError(f"a document fetches nothing, and not {url}")


def _cell(text: str) -> str:
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""
