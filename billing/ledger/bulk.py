"""Many facts of one moment, posted in two statements without a model instance for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing.copying import copy_rows, next_ids
from billing.history import context
from billing.history.actors import Actor
from billing.ledger.models import Posting, PostingLine
from billing.ledger.rules import Draft
from billing.ledger.services import rates_of, reported

__all__ = ["BulkEntry", "post_bulk"]

POSTINGS = (
    "id", "cause", "fact", "effective_on", "posted_at", "customer_id", "subject_kind", "subject_id",
    "actor_ref", "request_id",
)  # fmt: skip
LINES = (
    "posting_id", "account", "currency", "amount_minor", "day", "customer_id", "reporting_minor",
    "reporting_rate",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BulkEntry:
    """One draft, what it is about, and whose."""

    draft: Draft
    customer_id: int | None
    subject_kind: str
    subject_id: int


def post_bulk(entries: Sequence[BulkEntry], *, actor: Actor, now: datetime) -> int:
    """Posts facts that are new, all effective now; gives how many.

    Unlike `post_many` it refuses a cause that is posted already, by the database's own constraint: it is for
    callers that have made sure under a lock. Inside a transaction.
    """
    entries = [entry for entry in entries if entry.draft.lines]
    if not entries:
        return 0
    acting = context.current()
    request_id = acting.request_id if acting else ""
    day = now.date()
    ids = next_ids(Posting, len(entries))
    copy_rows(
        Posting,
        POSTINGS,
        [
            (
                pk, entry.draft.cause, entry.draft.fact, day, now, entry.customer_id, entry.subject_kind,
                entry.subject_id, actor.ref, request_id,
            )
            for pk, entry in zip(ids, entries, strict=True)
        ],
    )  # fmt: skip
    rates = rates_of({line.currency for entry in entries for line in entry.draft.lines})
    known: dict[tuple[int, str], tuple[int | None, Decimal | None]] = {}
    rows = []
    for pk, entry in zip(ids, entries, strict=True):
        for line in entry.draft.lines:
            place = (line.amount_minor, line.currency)
            if place not in known:
                told = reported(line.amount_minor, line.currency, day, rates)
                known[place] = (told["reporting_minor"], told["reporting_rate"])
            rows.append(
                (
                    pk, line.account.value, line.currency, line.amount_minor, day, entry.customer_id,
                    *known[place],
                )
            )  # fmt: skip
    copy_rows(PostingLine, LINES, rows)
    return len(entries)
