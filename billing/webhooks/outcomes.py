"""Writing what became of attempts: the event's state and a row for the attempt, together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.history.models import HistoryEntry
from billing.webhooks import queries, rules
from billing.webhooks.models import AttemptKind, WebhookAttempt, WebhookEvent, WebhookState

REPLAYED = "replayed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt came to; the sentence says why nothing was done, or what went wrong."""

    event: WebhookEvent
    state: WebhookState
    sentence: str = ""


def failed(event: WebhookEvent, sentence: str) -> Outcome:
    """To be tried again, or dead after the last try."""
    return Outcome(event, WebhookState(rules.after_failure(event.attempts)), sentence[:500])


def write(outcomes: Sequence[Outcome], *, now: datetime, worker: str) -> None:
    """Ends these attempts; the caller holds the events and has made sure that they are still its own."""
    if not outcomes:
        return
    asked = replays_asked([each.event for each in outcomes if each.event.attempts > 1])
    tries = []
    for each in outcomes:
        event = each.event
        tries.append(_attempt(each, asked.get(event.pk), now, worker))
        event.state, event.processed_at, event.error = each.state, now, each.sentence
        event.due_at = rules.retry_at(event.attempts, now) if each.state == WebhookState.FAILED else None
    WebhookEvent.objects.bulk_update(
        [each.event for each in outcomes], ["state", "processed_at", "error", "due_at"]
    )
    WebhookAttempt.objects.bulk_create(tries)


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
