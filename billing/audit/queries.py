# ruff: noqa: S608 (names of tables come from the models)
"""Reading the trail: what was changed in the same transactions, what came from outside, what occurs in it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from billing.audit.columns import DESK, OUTSIDE, event_tables
from billing.audit.models import AuditSeal
from billing.history.models import HistoryEntry

__all__ = [
    "Change",
    "actions_in_use",
    "change",
    "changes_in",
    "changes_of",
    "last_of",
    "latest_seals",
    "outside",
]

MOST_PER_TABLE = 20
OWN = ("pgh_id", "pgh_label", "pgh_created_at", "pgh_context", "pgh_context_id", "pgh_obj_id", "pgh_xid")
_ROW = (
    "'{table}'::text AS of_table, e.pgh_id, e.pgh_label, e.pgh_obj_id, e.pgh_created_at, e.pgh_context, "
    "coalesce(e.pgh_session, ''), to_jsonb(e), ({before})"
)
_BEFORE = (
    "SELECT to_jsonb(p) FROM {name} p WHERE p.pgh_obj_id = e.pgh_obj_id AND p.pgh_id < e.pgh_id "
    "ORDER BY p.pgh_id DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Change:
    """One changed row: what it was (None when it was made) and what it became (None when it was deleted)."""

    table: str
    id: int
    noun: str
    operation: str
    row_id: int
    at: datetime
    context: dict[str, Any] | None
    session: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def who(self) -> str:
        """Who the desk says did it; from outside of it, the database's user."""
        told = self.context or {}
        if told.get("name") or told.get("who"):
            return str(told.get("name") or told["who"])
        user, _pid, application = self.session_parts
        if not user:
            return "unknown: written before sessions were kept"
        if application.startswith(f"{DESK} "):
            return f"Countinghouse ({application.removeprefix(f'{DESK} ')})"
        return f"{user}, outside the desk"

    @property
    def session_parts(self) -> tuple[str, str, str]:
        """The database's user, the process's number and the program."""
        user, _, rest = self.session.partition("/")
        pid, _, application = rest.partition("/")
        return user, pid, application

    @property
    def fields(self) -> list[tuple[str, Any, Any]]:
        """The columns that differ, with their values before and after."""
        before, after = self.before or {}, self.after or {}
        names = [name for name in (after or before) if name not in OWN and name != "pgh_session"]
        return [
            (name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
        ]


def changes_in(xids: Iterable[int]) -> list[Change]:
    """The rows changed in these transactions, oldest first: one query, `MOST_PER_TABLE` of each table."""
    wanted = [str(xid) for xid in xids]
    if not wanted:
        return []
    where = "e.pgh_xid = ANY(%s::text[]::xid8[]) ORDER BY e.pgh_xid, e.pgh_id"
    found = _union(where, [wanted for _table in event_tables()])
    return sorted(found, key=lambda each: (each.at, each.table, each.id))


def changes_of(subjects: Iterable[tuple[str, int]], xids: Iterable[int]) -> list[Change]:
    """The rows of these (noun, id) changed in these transactions, oldest first; one query."""
    wanted = [str(xid) for xid in xids]
    ids: dict[str, list[int]] = {}
    for noun, row_id in subjects:
        ids.setdefault(noun, []).append(row_id)
    where = "e.pgh_obj_id = ANY(%s) AND e.pgh_xid = ANY(%s::text[]::xid8[]) ORDER BY e.pgh_obj_id, e.pgh_id"
    params: list[Any] = []
    for model in event_tables().values():
        params += [ids.get(str(model._meta.model_name), []), wanted]
    return sorted(_union(where, params), key=lambda each: (each.at, each.table, each.id))


def outside(most: int = 100) -> list[Change]:
    """The latest changes that nobody made through the desk, newest first; one query."""
    where = f"{OUTSIDE} ORDER BY e.pgh_id DESC".replace("pgh_context", "e.pgh_context").replace(
        "pgh_session", "e.pgh_session"
    )
    found = _union(where, [], limit=most)
    return sorted(found, key=lambda each: (each.at, each.id), reverse=True)[:most]


def change(table: str, pgh_id: int) -> Change | None:
    """One audit row; None for a table that is none, or a row that is not there."""
    if table not in event_tables():
        return None
    with connection.cursor() as cursor:
        cursor.execute(_select(table, "e.pgh_id = %s", 1), [pgh_id])
        found = cursor.fetchone()
    return _change(found) if found else None


def actions_in_use() -> list[tuple[str, str, str]]:
    """Every (noun, kind, state) that occurs in history, read from its index one by one."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIONS)
        return [(noun, kind, state) for noun, kind, state in cursor.fetchall()]


def latest_seals(most: int = 30) -> list[AuditSeal]:
    return list(AuditSeal.objects.defer("shapes").order_by("-number")[:most])


def last_of(kind: str) -> HistoryEntry | None:
    """When the trail was last "verified", found broken ("verification_failed") or mailed ("head_mailed")."""
    rows = HistoryEntry.objects.filter(subject_kind="auditseal", kind=kind, to_state="")
    return rows.order_by("-at", "-id").first()


def _union(where: str, params: list[Any], limit: int = MOST_PER_TABLE) -> list[Change]:
    with connection.cursor() as cursor:
        arms = [f"({_select(table, where, limit)})" for table in event_tables()]
        cursor.execute(" UNION ALL ".join(arms), params or None)
        return [_change(row) for row in cursor.fetchall()]


def _select(table: str, where: str, limit: int) -> str:
    name = connection.ops.quote_name(table)
    row = _ROW.format(table=table, before=_BEFORE.format(name=name))
    return f"SELECT {row} FROM {name} e WHERE {where} LIMIT {limit}"


def _change(row: tuple[Any, ...]) -> Change:
    table, pgh_id, operation, row_id, at, context, session, now, before = row
    said = [json.loads(each) if isinstance(each, str) else each for each in (context, now, before)]
    context, now, before = said
    gone = operation == "delete"
    return Change(
        table,
        pgh_id,
        str(event_tables()[table]._meta.model_name),
        operation,
        row_id,
        at,
        context,
        session,
        now if gone else (None if operation == "insert" else before),
        None if gone else now,
    )


_ACTIONS = """
WITH RECURSIVE action AS (
    (SELECT subject_kind, kind, to_state FROM billing_historyentry
     ORDER BY subject_kind, kind, to_state LIMIT 1)
    UNION ALL
    SELECT later.* FROM action, LATERAL (
        SELECT h.subject_kind, h.kind, h.to_state FROM billing_historyentry h
        WHERE (h.subject_kind, h.kind, h.to_state) > (action.subject_kind, action.kind, action.to_state)
        ORDER BY h.subject_kind, h.kind, h.to_state LIMIT 1
    ) later
)
SELECT * FROM action
"""
