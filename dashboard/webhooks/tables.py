"""The columns of the log of webhook events."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from billing.payments.queries import gateway_name
from billing.webhooks.listing import OVER, delay
from billing.webhooks.models import WebhookEvent
from dashboard.lists import columns
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


class EventTable(columns.ListTable):
    type = columns.Reference("Type", accessor="type", address=address, place="m1")
    state = columns.State("webhook")
    object_id = columns.ListColumn("Object", place="m4", dim=True)
    event_id = columns.ListColumn("Event", wide=True, dim=True, shown=False)
    source = columns.Made("Source", lambda event: gateway_name(event.source), wide=True, dim=True)
    attempts = columns.Made("Attempts", lambda event: grouped(event.attempts), figures=True, wide=True)
    duplicates = columns.Made(
        "Duplicates",
        lambda event: grouped(event.duplicates) if event.duplicates else "",
        figures=True,
        wide=True,
    )
    delay = columns.Made("Delay", delay_words, figures=True, wide=True, dim=True)
    received = columns.Moment("Received", accessor="received_at", sort="received", place="m2")
    happened = columns.Moment("Happened", accessor="happened_at", wide=True, shown=False)
    error = columns.ListColumn("Error", wide=True, dim=True, shown=False)
