"""Writing what became of attempts: the event's state and a row for the attempt, together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import connection, transaction

from billing.history.models import HistoryEntry
from billing.metrics.services import count, observe
from billing.redaction import redact_text
from billing.webhooks import queries, rules
from billing.webhooks.claims import LeaseLost
from billing.webhooks.models import AttemptKind, WebhookAttempt, WebhookEvent, WebhookState

REPLAYED = "replayed"
END = """
UPDATE billing_webhookevent AS e
SET state = told.state, processed_at = %s, error = told.error, due_at = told.due_at
FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::timestamptz[])
    AS told (id, attempts, state, error, due_at)
WHERE e.id = told.id AND e.attempts = told.attempts AND e.state = 'processing'
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt came to; the sentence says why nothing was done, or what went wrong."""

    event: WebhookEvent
    state: WebhookState
    sentence: str = ""


def failed(event: WebhookEvent, sentence: str) -> Outcome:
    """To be tried again, or dead after the last try."""
    return Outcome(event, WebhookState(rules.after_failure(event.attempts)), redact_text(sentence)[:500])


def write(outcomes: Sequence[Outcome], *, now: datetime, worker: str) -> None:
    """Ends these attempts, as the last thing in their transaction.

    Raises `LeaseLost` where somebody else has taken one of them over.
    """
    if not outcomes:
        return
    asked = replays_asked([each.event for each in outcomes if each.event.attempts > 1])
    tries = [_attempt(each, asked.get(each.event.pk), now, worker) for each in outcomes]
    for each in outcomes:
        event = each.event
        event.state, event.processed_at, event.error = each.state, now, each.sentence
        event.due_at = rules.retry_at(event.attempts, now) if each.state == WebhookState.FAILED else None
    _end([each.event for each in outcomes], now)
    WebhookAttempt.objects.bulk_create(tries)
    transaction.on_commit(partial(_count, tries))


def _count(tries: Sequence[WebhookAttempt]) -> None:
    for each in tries:
        source, type_ = each.event.source, each.event.type
        count("webhooks_processed", source=source, type=type_, outcome=str(each.state))
        took = (each.ended_at - each.started_at).total_seconds()
        observe("webhooks_processing_seconds", took, source=source, type=type_)
        if each.state == WebhookState.DEAD:
            count("webhooks_died", source=source, type=type_)
        elif each.state == WebhookState.PROCESSED:
            waited = (each.ended_at - each.event.received_at).total_seconds()
            observe("webhooks_delay_seconds", waited, source=source)


def _end(events: Sequence[WebhookEvent], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            END,
            [
                now,
                [event.pk for event in events],
                [event.attempts for event in events],
                [str(event.state) for event in events],
                [event.error for event in events],
                [event.due_at for event in events],
            ],
        )
        if cursor.rowcount != len(events):
            raise LeaseLost


def replays_asked(events: Sequence[WebhookEvent]) -> dict[int, HistoryEntry]:
    """Who asked for the attempts that these events are at, where somebody did."""
    if not events:
        return {}
    numbers = {event.pk: event.attempts for event in events}
    entries = HistoryEntry.objects.filter(
        subject_kind=queries.SUBJECT, subject_id__in=list(numbers), kind=REPLAYED
    )
    return {
        each.subject_id: each for each in entries if each.facts.get("attempt") == numbers[each.subject_id]
    }


def _attempt(outcome: Outcome, asked: HistoryEntry | None, now: datetime, worker: str) -> WebhookAttempt:
    event = outcome.event
    first = AttemptKind.FIRST if event.attempts == 1 else AttemptKind.RETRY
    return WebhookAttempt(
        event=event,
        number=event.attempts,
        kind=AttemptKind.REPLAY if asked else first,
        state=outcome.state,
        started_at=event.processed_at or now,
        ended_at=now,
        error=outcome.sentence,
        worker=worker[:64],
        actor_ref=asked.actor_ref if asked else "",
        actor_name=asked.actor_name if asked else "",
        reason=asked.reason if asked else "",
    )
