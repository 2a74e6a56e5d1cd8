"""Doing an event again: on trial in a transaction that is rolled back, and for good, with name and reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.models import HistoryEntry
from billing.history.services import record
from billing.jobs.kinds import row_handler
from billing.jobs.models import RunRow
from billing.ledger.models import PostingLine
from billing.logs import add_facts, service
from billing.webhooks import queries, rules
from billing.webhooks.changes import Change, postings_of, with_rows
from billing.webhooks.claims import hold_objects
from billing.webhooks.effects import FAILURES, Work, effects, prepare, remedied, sentence_of, work_of
from billing.webhooks.models import WebhookEvent, WebhookState
from billing.webhooks.outcomes import REPLAYED

#: The kind of run that replays what a filter found; its form asks for ``reason``.
REPLAY_MANY = "webhooks.replay"
MOST_ROUNDS = 30


@dataclass(frozen=True, slots=True)
class Difference:
    """What doing an event would change. ``state`` is what it would end in, ``sentence`` why it would do
    nothing, or fail. What ``changes`` and ``lines`` hold was taken back."""

    state: str
    sentence: str
    changes: list[Change]
    lines: list[PostingLine]

    @property
    def is_empty(self) -> bool:
        return not self.changes and not self.lines


@service("webhooks")
def dry_run(*, event: WebhookEvent, actor: Actor, now: datetime) -> Difference:
    """Really does the event, as a worker would at ``now``, and takes everything back: nothing remains, no job
    is queued and no mail goes out. Asks the gateway what a worker would ask. Called with no transaction open.
    """
    add_facts(event_id=event.event_id, type=event.type)
    work = work_of(event)
    trouble: BaseException | None = None
    try:
        prepare(work, clock=lambda: now)
        for _ in range(MOST_ROUNDS):
            try:
                return _tried(work, now)
            except FAILURES as error:
                trouble = error
            if not remedied(work, trouble, clock=lambda: now):
                break
    except FAILURES as error:
        trouble = error
    return Difference(rules.after_failure(event.attempts + 1), sentence_of(trouble or ValueError()), [], [])


def _tried(work: Work, now: datetime) -> Difference:
    event = work.event
    with transaction.atomic():
        hold_objects([event])
        last = HistoryEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        outcome = effects(work, now=now)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SELECT pg_current_xact_id()::text")
            xid = cursor.fetchone()[0]
        entries = list(
            HistoryEntry.objects.filter(
                xid=xid, pk__gt=last, request_id=queries.request_id_of(event)
            ).order_by("pk")
        )
        lines = postings_of(event, entries)
        found = Difference(str(outcome.state), outcome.sentence, with_rows(entries), lines)
        transaction.set_rollback(True)
    return found


@service("webhooks")
def replay(*, event: WebhookEvent, actor: Actor, reason: str, key: str, now: datetime) -> WebhookEvent:
    """Gives an event that was done, failed, died or was ignored to the worker once more, at once.

    The attempt keeps the person's name and the reason. The same ``key`` on the same event is one replay.
    Raises `InvalidInput` without a reason or key, `Conflict` for one that waits or is being done already.
    """
    reason = _reason(reason)
    if not key or len(key) > 64:
        raise InvalidInput("form_key_missing", "This form was not made by the desk. Open it again.")
    add_facts(event_id=event.event_id, type=event.type)
    with transaction.atomic():
        held = WebhookEvent.objects.select_for_update().get(pk=event.pk)
        if _asked(held, key):
            return held
        if held.state in (WebhookState.RECEIVED, WebhookState.PROCESSING):
            raise Conflict(
                "event_under_way",
                "This event waits for the worker or is being done already; look again soon.",
            )
        _give(held, WebhookState.PROCESSING, now)
        attempt = held.attempts + 1
        record(held, REPLAYED, actor=actor, now=now, reason=reason, key=key, attempt=attempt)
    return held


@service("webhooks")
def try_now(*, event: WebhookEvent, actor: Actor, now: datetime) -> WebhookEvent:
    """The next try of one that failed, without waiting for its time. Raises `Conflict` for any other."""
    with transaction.atomic():
        held = WebhookEvent.objects.select_for_update().get(pk=event.pk)
        if held.state != WebhookState.FAILED or held.due_at is None:
            raise Conflict("event_is_not_waiting", "This event does not wait for another try; look again.")
        held.due_at = min(held.due_at, now)
        held.save(update_fields=["due_at"])
        record(held, "hurried", actor=actor, now=now)
    return held


@row_handler(REPLAY_MANY, subject=queries.SUBJECT)
def replay_row(row: RunRow, asked: Mapping[str, Any], *, actor: Actor, now: datetime) -> str:
    """One event of a bulk replay: its worker does it within a moment, its page says with what result."""
    event = WebhookEvent.objects.get(pk=row.subject_id)
    replay(event=event, actor=actor, reason=str(asked["reason"]), key=f"run-{row.run_id}", now=now)
    return "Given to the worker again"


def _asked(event: WebhookEvent, key: str) -> bool:
    return HistoryEntry.objects.filter(
        subject_kind=queries.SUBJECT, subject_id=event.pk, kind=REPLAYED, facts__key=key
    ).exists()


def _give(event: WebhookEvent, state: WebhookState, now: datetime) -> None:
    rules.MACHINE.require(event.state, state)
    event.state, event.due_at = state, now
    event.save(update_fields=["state", "due_at"])


def _reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput("reason_missing", "Reason: say why, for whoever looks here later.", field="reason")
    return reason.strip()
