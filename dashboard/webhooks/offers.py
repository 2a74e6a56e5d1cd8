"""What may be done with an event now, and why the rest may not."""

from typing import Any

from billing.webhooks.models import WebhookEvent
from dashboard.actions.offers import offer
from dashboard.parts.entries import Action
from dashboard.queues.offers import work_actions

BUSY = "It waits for the worker or is being done already: look again in a moment."


def actions(event: WebhookEvent, user: Any) -> list[Action]:
    """Replay, ignore, and the work that stands in a queue."""
    return [
        *offer(
            user,
            "Replay…",
            "webhooks:replay",
            [event.pk],
            permission="webhooks.replay",
            refusal=replay_refusal(event),
            icon="rotate-clockwise",
            kind="primary" if event.state in ("dead", "failed") else "",
        ),
        *offer(
            user,
            "Ignore…",
            "webhooks:ignore",
            [event.pk],
            permission="webhooks.replay",
            refusal=ignore_refusal(event),
            icon="eye-off",
        ),
        *work_actions(user, "webhookevent", str(event.pk)),
    ]


def replay_refusal(event: WebhookEvent) -> str:
    """Empty when it may be done again."""
    return BUSY if event.state in ("received", "processing") else ""


def ignore_refusal(event: WebhookEvent) -> str:
    """Empty when it may be left undone."""
    if event.state == "processing":
        return BUSY
    if event.state == "processed":
        return "It is done already: what it changed stands in the books."
    return "It is ignored already." if event.state == "ignored" else ""
