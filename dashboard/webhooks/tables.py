"""The columns of the log of webhook events."""

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from billing.webhooks.listing import OVER, delay, source_name
from billing.webhooks.models import WebhookEvent
from dashboard.lists import columns
from dashboard.lists.columns import part
from dashboard.parts.formatting import grouped


def address(event: WebhookEvent) -> str:
    return reverse("webhooks:show", args=[event.pk])


def span_words(span: timedelta) -> str:
    """412 ms · 6 s · 10 min 8 s · 2 h 5 min · 3 days."""
    whole = span // timedelta(seconds=1)
    if whole < 1:
        return f"{span // timedelta(milliseconds=1)} ms"
    if whole < 60:
        return f"{whole} s"
    minutes, seconds = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min"
    return "1 day" if hours < 48 else f"{grouped(hours // 24)} days"


def delay_words(event: WebhookEvent) -> str:
    """How long it took; of one that still waits, how long so far."""
    words = span_words(delay(event, timezone.now()))
    return words if event.state in OVER else f"{words} so far"


def whose_of(event: Any) -> tuple[str, str]:
    """Name and language of the customer whom the event is about; both empty when the desk knows none."""
    told = event.whose or {}
    if not told:
        return "", ""
    if not told["name"]:
        return f"{told['reference']} (erased)", ""
    return told["name"], (told["locale"] or "").replace("_", "-")


class Whose(columns.ListColumn):
    """The customer's name in their own script, as `events_for_list` found it."""

    fill = True

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, accessor="pk", **more)

    def render(self, record: Any) -> Any:
        text, language = whose_of(record)
        return part("name", {"text": text, "language": language, "url": None}) if text else ""


def endpoint_words(event: WebhookEvent) -> str:
    """Stripe · Stripe eu-live."""
    return f"{source_name(event.source)} {event.endpoint}".strip()


class EventTable(columns.ListTable):
    type = columns.Reference("Type", accessor="type", address=address, place="m1")
    state = columns.State("webhook")
    whose = Whose("Customer")
    object_id = columns.ListColumn("Object", place="m4", wide=True, dim=True)
    event_id = columns.ListColumn("Event", wide=True, dim=True, shown=False)
    source = columns.Made("Source", endpoint_words, wide=True, dim=True)
    attempts = columns.Made("Attempts", lambda event: grouped(event.attempts), figures=True, wide=True)
    duplicates = columns.Made(
        "Duplicates",
        lambda event: grouped(event.duplicates) if event.duplicates else "",
        figures=True,
        wide=True,
        shown=False,
    )
    delay = columns.Made(
        "Delay", lambda event: span_words(delay(event, timezone.now())), figures=True, wide=True, dim=True
    )
    received = columns.Moment("Received", accessor="received_at", sort="received", place="m2")
    happened = columns.Moment("Happened", accessor="happened_at", wide=True, shown=False)
    error = columns.ListColumn("Error", wide=True, dim=True, shown=False)
