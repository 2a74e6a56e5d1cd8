"""Writing postings: each fact once, all of them and all their lines in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.db import connection, models

from billing.history import context
from billing.history.actors import Actor
from billing.ledger.accounts import Account
from billing.ledger.models import Posting
from billing.ledger.rules import Draft, Line
from billing.money import exponent

__all__ = ["Entry", "count_posted", "post", "post_many", "reverse"]

COLUMNS = [field.attname for field in Posting._meta.concrete_fields if field.name != "xid"]
POST = f"SELECT {', '.join(COLUMNS)} FROM billing_post(%s, %s, %s, %s, %s)"  # noqa: S608 (our own columns)
COUNT = "SELECT count(*) FROM billing_post(%s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Entry:
    """One draft to post, with what it is about: a row, or its kind and id."""

    draft: Draft
    customer_id: int | None = None
    subject: models.Model | tuple[str, int] | None = None
    at: datetime | None = None
    reverses: Posting | None = None

    def facts(self, now: datetime, shifts: dict[str, int]) -> dict[str, Any]:
        """What the database's function takes; a reversal is about what the posting it reverses is about."""
        about: tuple[str, int | None] = ("", None)
        if self.reverses:
            about = (self.reverses.subject_kind, self.reverses.subject_id)
        elif isinstance(self.subject, models.Model):
            about = (self.subject._meta.model_name or "", self.subject.pk)
        elif self.subject:
            about = self.subject
        return {
            "cause": self.draft.cause,
            "fact": self.draft.fact,
            "effective_on": str((self.at or now).date()),
            "customer": self.customer_id,
            "subject_kind": about[0],
            "subject": about[1],
            "reverses": self.reverses.pk if self.reverses else None,
            "lines": [
                {
                    "account": line.account,
                    "currency": line.currency,
                    "minor": line.amount_minor,
                    "shift": shifts[line.currency],
                }
                for line in self.draft.lines
            ],
        }


def post(
    draft: Draft,
    *,
    actor: Actor,
    now: datetime,
    customer_id: int | None = None,
    subject: models.Model | tuple[str, int] | None = None,
    effective_at: datetime | None = None,
    reverses: Posting | None = None,
) -> Posting | None:
    """Posts one fact. Returns None, and writes nothing, when its cause has been posted before."""
    written = post_many([Entry(draft, customer_id, subject, effective_at, reverses)], actor=actor, now=now)
    return written[0] if written else None


def post_many(entries: Sequence[Entry], *, actor: Actor, now: datetime) -> list[Posting]:
    """Posts many facts with one statement; those whose cause is already posted are left out.

    Promises that a cause is posted once, under any number of writers: a second writer waits for the
    first and then finds the cause taken. Writers of the same causes in any order do not deadlock.
    The reporting amount is at the rate of the fact's day, and unknown where none is known.
    """
    rows = _write(POST, entries, actor=actor, now=now)
    return [Posting.from_db(connection.alias, COLUMNS, row) for row in rows]


def count_posted(entries: Sequence[Entry], *, actor: Actor, now: datetime) -> int:
    """As `post_many`; only how many were new."""
    rows = _write(COUNT, entries, actor=actor, now=now)
    return int(rows[0][0]) if rows else 0


def _write(statement: str, entries: Sequence[Entry], *, actor: Actor, now: datetime) -> list[tuple[Any, ...]]:
    entries = [e for e in entries if e.draft.lines]
    if not entries:
        return []
    acting = context.current()
    reporting = settings.REPORTING_CURRENCY
    shifts = {
        currency: exponent(reporting) - exponent(currency)
        for currency in {line.currency for e in entries for line in e.draft.lines}
    }
    facts = orjson.dumps([e.facts(now, shifts) for e in entries]).decode()
    request_id = acting.request_id if acting else ""
    with connection.cursor() as cursor:
        cursor.execute(statement, [facts, now, actor.ref, request_id, reporting])
        return cursor.fetchall()


def reverse(posting: Posting, *, cause: str, actor: Actor, now: datetime) -> Posting | None:
    """Posts the exact opposite of ``posting``, once; None when it has been reversed before."""
    lines = tuple(
        Line(Account[line.account.upper()], line.currency, -line.amount_minor)
        for line in posting.lines.order_by("id")
    )
    return post(
        Draft(f"{posting.fact}.reversed", cause, lines),
        actor=actor,
        now=now,
        customer_id=posting.customer_id,
        reverses=posting,
    )
