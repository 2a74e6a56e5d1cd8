"""One batch: lock what is due, renew it, say what became of it. One transaction, so all of it or nothing."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import F

from billing.billing_run.due import SUBJECT, Mark, lock_due, lock_owing, mark_of
from billing.billing_run.models import BillingBatch
from billing.billing_run.outcome import Outcome, Renew
from billing.billing_run.settling import settle_batch
from billing.errors import Refused
from billing.history.actors import Actor
from billing.jobs.models import Run, RunRow, RunState
from billing.logs import note_odd
from billing.subscriptions.models import Subscription

__all__ = ["BATCH", "Batch", "do_batch", "renew_apart"]

BATCH = 1_000
#: What one subscription's own data can raise: it fails with a sentence, and the others are billed.
OF_ONE = (Refused, DatabaseError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that is done: how many subscriptions it took, and where the next begins, None at the start."""

    taken: int
    last: Mark | None


def do_batch(
    run_id: int,
    *,
    until: datetime,
    after: Mark | None,
    renew: Renew,
    worker: str,
    actor: Actor,
    now: datetime,
    limit: int = BATCH,
) -> Batch | None:
    """Bills the next due ones behind the mark; where none is due any more, what ended ones used last. None
    when the run is not to go on.

    ``taken`` is 0 when nothing is left there that nobody else holds. Raises `OperationalError` when the
    database gives up the transaction; nothing was written then, and it may be tried again.
    """
    begun = time.monotonic()
    with transaction.atomic():
        if not Run.objects.filter(pk=run_id, state=RunState.RUNNING).exists():
            return None
        rows = lock_due(until, run_id, after, limit)
        last = mark_of(rows[-1]) if rows else None
        if not rows and after is None:
            rows, renew = lock_owing(until, run_id, limit), settle_batch
        if not rows:
            return Batch(0, None)
        outcome = renew_apart(rows, renew, until=until, actor=actor, now=now)
        _write(run_id, rows, outcome, worker=worker, took=time.monotonic() - begun, now=now)
    return Batch(len(rows), last)


def renew_apart(
    rows: Sequence[Subscription], renew: Renew, *, until: datetime, actor: Actor, now: datetime
) -> Outcome:
    """Renews them together if that works, else in halves, so that who breaks a rule stands alone.

    Each try is a savepoint: what failed has written nothing.
    """
    try:
        with transaction.atomic():
            outcome = renew(rows, until=until, actor=actor, now=now)
            with connection.cursor() as cursor:
                # What is checked at the end is checked here, inside the savepoint of whoever broke it.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
            return outcome
    except OperationalError:
        raise
    except OF_ONE as error:
        if len(rows) == 1:
            return Outcome(failures={rows[0].pk: _sentence(rows[0], error)})
    # As they stand in the books: the failed try may have changed the rows that it was given.
    ids = [row.pk for row in rows]
    fresh = Subscription.objects.in_bulk(ids)
    half = len(ids) // 2
    told: Mapping[str, Any] = {"until": until, "actor": actor, "now": now}
    first, second = ([fresh[pk] for pk in some] for some in (ids[:half], ids[half:]))
    return renew_apart(first, renew, **told) + renew_apart(second, renew, **told)


def _sentence(row: Subscription, error: BaseException) -> str:
    if isinstance(error, Refused):
        return error.sentence
    note_odd("billing_run.not_renewed", subscription=row.reference, error=type(error).__name__)
    if isinstance(error, DatabaseError):
        broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "a rule"
        return f"{row.reference} breaks what the books hold: {broken.replace('_', ' ')}."
    return (
        f"{row.reference} could not be renewed ({type(error).__name__}: {error}). Nothing was billed for it."
    )


def _write(
    run_id: int, rows: Sequence[Subscription], outcome: Outcome, *, worker: str, took: float, now: datetime
) -> None:
    """The batch's own row, the failures, and the run's progress: last, since all workers share its row."""
    BillingBatch.objects.create(
        run_id=run_id,
        worker=worker[:64],
        at=now,
        took_ms=round(took * 1000),
        renewed=outcome.renewed,
        ended=outcome.ended,
        invoices=outcome.invoices,
        failed=len(outcome.failures),
        totals=outcome.sums,
    )
    labels = {row.pk: row.reference for row in rows}
    # One that failed before and is tried again has its row already.
    RunRow.objects.filter(
        run_id=run_id, subject_kind=SUBJECT, subject_id__in=labels.keys() - outcome.failures.keys(), ok=None
    ).update(ok=True, message="Billed when it was tried again", done_at=now)
    RunRow.objects.bulk_create(
        [
            RunRow(
                run_id=run_id,
                subject_kind=SUBJECT,
                subject_id=pk,
                label=labels[pk],
                ok=False,
                message=sentence[:500],
                done_at=now,
            )
            for pk, sentence in sorted(outcome.failures.items())
        ],
        update_conflicts=True,
        unique_fields=["run", "subject_kind", "subject_id"],
        update_fields=["ok", "message", "done_at"],
    )
    Run.objects.filter(pk=run_id).update(
        done=F("done") + outcome.done,
        total=F("total") + outcome.again,
        failed=F("failed") + len(outcome.failures),
        heartbeat_at=now,
    )
