"""Doing what a batch of leased events says: asked first, then all effects and outcomes in one transaction.

A savepoint for each event, so that one that fails takes nothing of the others with it. What needs something
fetched first, and everything where the transaction itself fails, is done again one by one.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from billing.errors import Missing
from billing.logs import add_facts, note_odd, service
from billing.webhooks import claims, rules
from billing.webhooks.effects import (
    FAILURES,
    Work,
    effects,
    prepare,
    remedied,
    same_object,
    sentence_of,
    work_of,
)
from billing.webhooks.models import WebhookEvent
from billing.webhooks.outcomes import Outcome, failed, write
from billing.webhooks.telling.said import Clock, Overtaken

#: How often one event is begun anew within an attempt because others were at the same rows.
MOST_CROSSED = 5


@service("webhooks")
def process_batch(
    *, events: Sequence[WebhookEvent], worker: str = "", clock: Clock = timezone.now
) -> dict[int, str]:
    """Does leased events, in their order; gives the state that each ends in, by its id.

    One whose lease somebody else has taken over meanwhile is left to them and not in the answer. A failure is
    recorded in a transaction of its own and raises nothing. Raises `DatabaseError` when the database is gone:
    nothing is half done then.
    """
    works = [work_of(event) for event in events]
    prefetch_related_objects([work.event for work in works if work.handler is not None], "payloads")
    ready, outcomes = _prepared(works, worker, clock)
    done, again = _together(ready, worker, clock)
    outcomes |= done
    for work in again:
        outcomes |= _alone(work, worker, clock)
    counts: dict[str, int] = {}
    for state in outcomes.values():
        counts[state] = counts.get(state, 0) + 1
    add_facts(events=len(works), one_by_one=len(again), **counts)
    return outcomes


def _prepared(works: Sequence[Work], worker: str, clock: Clock) -> tuple[list[Work], dict[int, str]]:
    """Those that could be prepared, and what became of the others."""
    ready: list[Work] = []
    outcomes: dict[int, str] = {}
    leased_at = clock()
    for place, work in enumerate(works):
        if clock() - leased_at > rules.LEASE / 3:
            leased_at = clock()
            claims.renew([each.event for each in (*ready, *works[place:])], now=leased_at)
        try:
            prepare(work, clock=clock)
        except FAILURES as error:
            outcomes |= _failure(work, error, worker, clock)
        else:
            ready.append(work)
    return ready, outcomes


def _together(works: Sequence[Work], worker: str, clock: Clock) -> tuple[dict[int, str], list[Work]]:
    """What became of them, and those that are to be done again, one by one."""
    if not works:
        return {}, []
    again: list[Work] = []
    failures: list[tuple[Work, BaseException]] = []
    done: list[Outcome] = []
    now = clock()
    try:
        with transaction.atomic():
            ours = claims.still_ours([work.event for work in works])
            for work in works:
                if work.event.pk not in ours:
                    continue
                if same_object(work, again):
                    again.append(work)  # after the earlier one of its object
                    continue
                try:
                    done.append(_saved(work, now))
                except (Missing, Overtaken, OperationalError) as error:
                    _unless_gone(error)
                    again.append(work)
                except FAILURES as error:
                    failures.append((work, error))
            write(done, now=now, worker=worker)
    except (DatabaseError, claims.LeaseLost) as error:
        _unless_gone(error)
        note_odd("webhooks.batch_failed", error=type(error).__name__, events=len(works))
        return {}, list(works)
    outcomes = {each.event.pk: str(each.state) for each in done}
    for work, trouble in failures:
        outcomes |= _failure(work, trouble, worker, clock)
    return outcomes, again


def _saved(work: Work, now: datetime) -> Outcome:
    if work.said is None:
        return effects(work, now=now)  # nothing is written
    with transaction.atomic():
        return effects(work, now=now)


def _alone(work: Work, worker: str, clock: Clock) -> dict[int, str]:
    """One event in transactions of its own, with what it misses fetched between them."""
    claims.renew([work.event], now=clock())
    crossed = 0
    while True:
        now = clock()
        try:
            with transaction.atomic():
                if not claims.still_ours([work.event]):
                    return {}
                outcome = effects(work, now=now)
                write([outcome], now=now, worker=worker)
            return {work.event.pk: str(outcome.state)}
        except claims.LeaseLost:  # quiet: whoever has it now will record what becomes of it
            return {}
        except FAILURES as failure:
            trouble: BaseException = failure
            _unless_gone(trouble)
        crossed += isinstance(trouble, Overtaken | OperationalError)
        if crossed <= MOST_CROSSED:
            try:
                if remedied(work, trouble, clock=clock):
                    continue
            except FAILURES as failure:
                trouble = failure
        return _failure(work, trouble, worker, clock)


def _failure(work: Work, error: BaseException, worker: str, clock: Clock) -> dict[int, str]:
    """Recorded in a transaction of its own."""
    _unless_gone(error)
    now = clock()
    outcome = failed(work.event, sentence_of(error))
    try:
        with transaction.atomic():
            write([outcome], now=now, worker=worker)
    except claims.LeaseLost:  # quiet: whoever has it now will record what becomes of it
        return {}
    note_odd(
        "webhooks.attempt_failed",
        event_id=work.event.event_id,
        type=work.event.type,
        attempt=work.event.attempts,
        state=str(outcome.state),
        error=type(error).__name__,
    )
    return {work.event.pk: str(outcome.state)}


def _unless_gone(error: BaseException) -> None:
    """Raises the error again when the database is gone: that is no fault of the event's."""
    if isinstance(error, DatabaseError) and not connection.is_usable():
        raise error
