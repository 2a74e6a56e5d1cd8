"""What stands at the side of the log about one event."""

from collections.abc import Mapping
from typing import Any

from billing.webhooks.listing import object_of
from billing.webhooks.models import WebhookEvent
from dashboard.parts.entries import Fact
from dashboard.webhooks import page
from dashboard.webhooks.about import fact_about, whose_fact
from dashboard.webhooks.offers import actions
from dashboard.webhooks.tables import delay_words, endpoint_words


def peek_context(event: WebhookEvent, user: Any) -> Mapping[str, Any]:
    """State, facts, what went wrong, the story so far, and the action that fits."""
    about = object_of(event)
    return {
        "event": event,
        "pairs": [
            *fact_about(event, about, user),
            *whose_fact(event, about, user),
            Fact("Source", endpoint_words(event)),
            Fact("Object", event.object_id or None, why="The message names no object."),
            Fact("Happened", event.happened_at),
            Fact("Received", event.received_at),
            Fact("Delay", delay_words(event)),
            Fact("Attempts", event.attempts),
        ],
        "notices": page.notices(event),
        "entries": page.story(event)[:6],
        "peek_actions": [each for each in actions(event, user) if each.kind != "quiet"],
    }
