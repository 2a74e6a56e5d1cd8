"""Leaving an event undone: by a person with a reason, or because nobody here needs its type."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import record
from billing.jobs.kinds import row_handler
from billing.jobs.models import RunRow
from billing.logs import add_facts, service
from billing.webhooks import queries, rules
from billing.webhooks.models import WebhookEvent, WebhookState

#: The kind of run that ignores what a filter found; its form asks for ``reason``.
IGNORE_MANY = "webhooks.ignore"
MAY_BE_IGNORED = (WebhookState.RECEIVED, WebhookState.FAILED, WebhookState.DEAD)


@service("webhooks")
def ignore(*, event: WebhookEvent, actor: Actor, reason: str, now: datetime) -> WebhookEvent:
    """No worker takes it any more; a replay may. Ignoring an ignored one changes nothing.

    Raises `InvalidInput` without a reason, `Conflict` for one that is done or being done.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", "Reason: say why, for whoever looks here later.", field="reason")
    add_facts(event_id=event.event_id, type=event.type)
    with transaction.atomic():
        held = WebhookEvent.objects.select_for_update().get(pk=event.pk)
        if held.state == WebhookState.IGNORED:
            return held
        if held.state not in MAY_BE_IGNORED:
            raise Conflict(
                "event_moved_on",
                f"This event is {held.get_state_display().lower()} by now; nothing was done.",
            )
        rules.MACHINE.require(held.state, WebhookState.IGNORED)
        was, held.state, held.due_at = held.state, WebhookState.IGNORED, None
        held.save(update_fields=["state", "due_at"])
        record(held, "ignored", actor=actor, now=now, reason=reason.strip(), was=was)
    return held


@row_handler(IGNORE_MANY, subject=queries.SUBJECT)
def ignore_row(row: RunRow, asked: Mapping[str, Any], *, actor: Actor, now: datetime) -> str:
    """One event of a bulk ignore."""
    event = WebhookEvent.objects.get(pk=row.subject_id)
    if event.state == WebhookState.IGNORED:
        return "Was ignored already"
    ignore(event=event, actor=actor, reason=str(asked["reason"]), now=now)
    return "Ignored"
