"""Sealing the trail, noting that it was verified, and mailing its head to the auditor."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from procrastinate.contrib.django import app

from billing.audit import leaves, trail
from billing.audit.chain import BEGINNING, head_of
from billing.audit.leaves import Leaf
from billing.audit.models import AuditLeaves, AuditSeal
from billing.history.actors import Actor
from billing.history.models import HistoryEntry
from billing.history.services import record
from billing.logs import add_facts, service

__all__ = ["mail_head", "note_verified", "queue_head", "seal", "shapes_sealed"]

MAIL_HEAD = "audit.mail_head"
QUEUE = "audit"
LOCK = "countinghouse.audit.seal"
FIRST = 0
#: So many parts of leaves are inserted in one statement.
PARTS_AT_ONCE = 20


@service("audit")
def seal(*, now: datetime, baseline: bool = False) -> AuditSeal | None:
    """Seals everything audited in transactions that have ended; None when there is nothing new.

    Rows are taken by the transaction that wrote them, below the oldest that is still running on the server: a
    row that commits late stands in a transaction that no seal has passed. A ``baseline`` seals the whole
    trail again; the seals before it then only prove each other. One sealer at a time.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        last = locked_last(cursor)
        below = horizon(cursor)  # Asked under the lock, so that it is never older than the last seal's.
        begin = FIRST if baseline or last is None else last.below_xid
        if below <= begin:
            return None
        trail.speak_plainly(cursor)
        shapes = trail.shapes_now(cursor)
        known = {} if baseline else shapes_sealed()
        made = AuditSeal(
            number=last.number + 1 if last else 1,
            sealed_at=now,
            from_xid=begin,
            below_xid=below,
            shapes={table: columns for table, columns in shapes.items() if known.get(table) != columns},
            previous=last.head if last else BEGINNING,
            is_baseline=baseline,
        )
        written = _Written(made.number)
        written.take(leaf for leaf, _at in trail.rows(shapes, begin, below))
        if not written.count and not baseline:
            return None
        names = sorted(shapes)
        made.count, made.digest = written.count, written.sha.hexdigest()
        made.tables = {names[place]: count for place, count in sorted(written.tables.items())}
        made.head = head_of(made)
        made.save(force_insert=True)
    add_facts(seal=made.number, rows=made.count, head=made.head)
    return made


@dataclass(slots=True)
class _Written:
    """The leaves of a seal on their way into the database, hashed and counted."""

    seal: int
    sha: Any = field(default_factory=sha256)
    count: int = 0
    tables: Counter[int] = field(default_factory=Counter)

    def take(self, found: Iterator[Leaf]) -> None:
        numbered = enumerate(leaves.parts(self._counted(found)))
        while rows := [
            AuditLeaves(seal=self.seal, part=number, packed=self._hashed(packed))
            for number, packed in islice(numbered, PARTS_AT_ONCE)
        ]:
            AuditLeaves.objects.bulk_create(rows)

    def _counted(self, found: Iterator[Leaf]) -> Iterator[Leaf]:
        for leaf in found:
            self.count += 1
            self.tables[leaf.table] += 1
            yield leaf

    def _hashed(self, packed: bytes) -> bytes:
        self.sha.update(packed)
        return packed


def locked_last(cursor: CursorWrapper) -> AuditSeal | None:
    """The last seal; nobody else seals until the transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])
    return AuditSeal.objects.order_by("-number").first()


def horizon(cursor: CursorWrapper) -> int:
    """The transaction id below which nothing of the whole server is still running."""
    cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
    return int(cursor.fetchone()[0])


def shapes_sealed() -> trail.Shapes:
    """The columns of each table as the last seal that named them has them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (t.key) t.key, t.value FROM billing_auditseal s, jsonb_each(s.shapes) t "
            "WHERE s.number >= coalesce((SELECT max(number) FROM billing_auditseal WHERE is_baseline), 0) "
            "AND s.shapes <> '{}' ORDER BY t.key, s.number DESC"
        )
        return {table: _listed(columns) for table, columns in cursor.fetchall()}


def _listed(columns: Any) -> list[str]:
    return json.loads(columns) if isinstance(columns, str) else list(columns)


@service("audit")
def note_verified(*, seals: int, rows: int, broken: str, actor: Actor, now: datetime) -> HistoryEntry:
    """Writes that the trail was verified, and what was found to be broken in it, if anything was."""
    subject = AuditSeal.objects.order_by("-number").first() or AuditSeal(pk=0)
    kind = "verification_failed" if broken else "verified"
    facts = {"seals": seals, "rows": rows, "head": subject.head, **({"broken": broken} if broken else {})}
    add_facts(seals=seals, rows=rows, holds=not broken)
    return record(subject, kind, actor=actor, now=now, **facts)


@service("audit")
def queue_head(*, now: datetime) -> bool:
    """Queues the mail of today's head, in the transaction of the caller; False when nobody is to be told."""
    if not settings.AUDITOR_EMAILS or not AuditSeal.objects.exists():
        return False
    app.configure_task(MAIL_HEAD, queue=QUEUE, lock=MAIL_HEAD).defer(day=now.date().isoformat())
    return True


@service("audit")
def mail_head(*, day: str, actor: Actor, now: datetime) -> bool:
    """Mails the head of the chain to AUDITOR_EMAILS, once a day; False when it was mailed or nobody is told.

    What the mail server refuses propagates, and the job tries again. It runs under one lock in the queue;
    a process killed between sending and noting it sends twice.
    """
    last = AuditSeal.objects.order_by("-number").first()
    if last is None or not settings.AUDITOR_EMAILS:
        return False
    since = now - timedelta(days=2)
    mailed = HistoryEntry.objects.filter(subject_kind="auditseal", kind="head_mailed", at__gte=since)
    if mailed.filter(facts__day=day).exists():
        return False
    EmailMessage(
        subject=f"[{settings.COMPANY_NAME}] Head of the audit trail, {day}",
        body=f"Seal {last.number} of {last.sealed_at:%Y-%m-%d %H:%M} UTC has the head\n\n{last.head}\n\n"
        "Keep this mail: it is the proof, outside of the desk, of everything audited up to then.\n"
        f"manage.py verify_audit --head {last.head}\nsays whether the trail still leads through it.\n\n"
        f"{settings.PUBLIC_URL}/audit/seals/\n",
        to=list(settings.AUDITOR_EMAILS),
    ).send()
    record(last, "head_mailed", actor=actor, now=now, day=day, head=last.head)
    return True
