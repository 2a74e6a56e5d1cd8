"""What an event's page says: what it was about, what became of it, what was stored of it."""

import json
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from billing.history.queries import timeline_of
from billing.ledger.models import Posting
from billing.webhooks.changes import postings_of, with_rows
from billing.webhooks.listing import (
    attempts_at,
    event_by_pk,
    next_try_at,
    object_of,
    others_about,
)
from billing.webhooks.models import WebhookAttempt, WebhookEvent
from billing.webhooks.queries import changes_of
from dashboard.actions.related import booked, list_link
from dashboard.actions.timeline import Said, moments, register
from dashboard.parts.entries import Fact, Moment, Notice
from dashboard.parts.formatting import full_moment, relative
from dashboard.parts.states import STATES
from dashboard.queues.offers import work_notices
from dashboard.webhooks.about import fact_about, whose_fact
from dashboard.webhooks.changes import changed_rows
from dashboard.webhooks.compare import Compared, as_told, compare
from dashboard.webhooks.offers import actions
from dashboard.webhooks.payload import object_in, tree_of
from dashboard.webhooks.tables import address, delay_words, endpoint_words, span_words

MOST = 15
VIEWS = {"open": "open", "closed": "closed"}


def context(event: WebhookEvent, user: Any, asked: QueryDict) -> dict[str, Any]:
    """Everything the page shows; as many queries whatever the payload holds."""
    about = object_of(event)
    others = list(others_about(event)[: MOST + 1])
    body = event.content
    entries = changes_of(event)
    posted = {line.posting_id for line in postings_of(event, entries)}
    folds: Any = VIEWS.get(asked.get("payload", ""), "")
    return {
        "event": event,
        "facts": facts(event, about, user),
        "actions": actions(event, user),
        "notices": [*notices(event), *work_notices("webhookevent", event.pk)],
        "tree": tree_of(body, folds),
        "as_raw": asked.get("payload") == "raw",
        "raw": json.dumps(body, indent=2, ensure_ascii=False) if body else "",
        "headers": headers(event, body),
        "about": about,
        "changed": changed_rows(with_rows(entries), user),
        "postings": booked(Posting.objects.filter(pk__in=posted)),
        "entries": story(event),
        "others": [(other, address(other), _against(event, other)) for other in others[:MOST]],
        "others_url": list_link("webhooks:index", object=event.object_id) if event.object_id else "",
        "compared": comparison(event, body, others, asked.get("against", "")),
        "poll": "2s" if event.state in ("received", "processing") else "",
    }


def facts(event: WebhookEvent, about: Any, user: Any) -> list[Fact]:
    rows = [
        Fact("Source", endpoint_words(event)),
        Fact("Received", event.received_at),
        Fact("Delay", delay_words(event)),
        Fact("Attempts", event.attempts),
    ]
    if event.duplicates:
        rows.append(Fact("Came again", event.duplicates, note="times" if event.duplicates > 1 else "time"))
    return [*rows, *fact_about(event, about, user), *whose_fact(event, about, user)]


def notices(event: WebhookEvent) -> list[Notice]:
    """What went wrong, and when it is tried again."""
    error = event.error
    if event.state == "dead":
        sentence = f"The desk gave up after {event.attempts} attempts: nobody tries it again by itself"
        return [Notice(sentence, error, "bad")]
    if event.state == "failed":
        at = next_try_at(event)
        again = f", and is tried again {relative(at, timezone.now())}, at {full_moment(at)}" if at else ""
        return [Notice(f"It failed{again}", error, "wait")]
    if event.state == "ignored":
        detail = error or "The desk has no use for events of this type; nothing was changed."
        return [Notice("It was ignored", detail, "idle", "eye-off")]
    return [Notice("It was processed, with a remark", error, "idle")] if error else []


def headers(event: WebhookEvent, body: Any) -> list[Fact]:
    """What the message came with that helps to find it at the gateway."""
    held = body if isinstance(body, dict) else {}
    found = held.get("headers")
    rows = [Fact("Event", event.event_id)]
    version = event.api_version or held.get("api_version")
    if version:
        rows.append(Fact("API version", str(version)))
    rows += [Fact(str(name).title(), str(value)) for name, value in sorted((found or {}).items()) if value]
    rows.append(Fact("Happened", event.happened_at))
    if event.digest:
        rows.append(Fact("SHA-256 of the body", event.digest))
    return rows


def story(event: WebhookEvent) -> list[Moment]:
    """Every attempt with its error, and what people did, the latest first."""
    tries = attempts_at(event)
    told = [_tried(each, later) for each, later in zip(tries, [None, *tries], strict=False)]
    numbers = {each.number for each in tries}
    # What somebody asked for stands with the attempt, once there is one.
    asked = [each for each in timeline_of(event) if each.facts.get("attempt") not in numbers]
    told += moments(asked)
    told.append(Moment("Received", event.received_at, "webhook"))
    return sorted(told, key=lambda each: each.at, reverse=True)


register("webhookevent", "replayed", lambda entry: Said("To be done again", "rotate-clockwise"))
register("webhookevent", "ignored", lambda entry: Said("Ignored", "eye-off"))
register("webhookevent", "hurried", lambda entry: Said("The next try was brought forward", "clock-play"))


def _tried(each: WebhookAttempt, later: WebhookAttempt | None) -> Moment:
    """One attempt; an error that the one after it had too is not said twice."""
    state = STATES["webhook"].get(each.state)
    became = {"failed": "failed", "dead": "failed for good", "ignored": "put it aside"}.get(
        each.state, "did it"
    )
    took = span_words(each.ended_at - each.started_at)
    sentence = f"Attempt {each.number}{', a replay,' if each.kind == 'replay' else ''} {became} after {took}"
    again = later is not None and later.kind == each.kind == "retry" and later.error == each.error
    if each.error:
        sentence += ", in the same way" if again else f". {each.error}"
    return Moment(
        sentence,
        each.ended_at,
        state.icon if state else "circle-dot",
        state.tone if state else "",
        each.actor_name or each.worker,
        each.reason,
    )


def _against(event: WebhookEvent, other: WebhookEvent) -> str:
    return f"{reverse('webhooks:show', args=[event.pk])}?against={other.pk}#differences"


def comparison(
    event: WebhookEvent, body: Any, others: list[WebhookEvent], against: str
) -> dict[str, Any] | None:
    """How this event's object differs from that of another event of it: of the one asked for, else of the
    one before; None when there is nothing to compare."""
    chosen = next((each for each in others if str(each.pk) == against), None) or next(
        (each for each in others if (each.happened_at, each.pk) < (event.happened_at, event.pk)), None
    )
    told = body.get("previous") if isinstance(body, dict) else None
    if chosen is None or body is None:
        return {"rows": as_told(object_in(body), told), "other": None} if body and told else None
    other = event_by_pk(chosen.pk)
    held = other.content if other else None
    if held is None:
        return {"rows": Compared([]), "other": chosen, "url": address(chosen), "gone": True}
    later = (chosen.happened_at, chosen.pk) > (event.happened_at, event.pk)
    first, second = (body, held) if later else (held, body)
    told = second.get("previous") if isinstance(second, dict) else None
    return {
        "rows": compare(object_in(first), object_in(second), told),
        "other": chosen,
        "url": address(chosen),
        "later": later,
    }
