"""Doing what an event says: a lease, then all its effects with its outcome in one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DataError, IntegrityError, OperationalError, transaction
from django.utils import timezone

from billing.errors import Refused
from billing.gateways.errors import GatewayError
from billing.gateways.sandbox import refund_fact as sandbox_refund
from billing.gateways.stripe import stripe_object, stripe_pages
from billing.history.actors import Actor, gateway
from billing.history.context import acting
from billing.imports.fetching import fetching
from billing.imports.taking import Manner, take
from billing.logs import add_facts, service
from billing.refunds.services import record_gateway_refund
from billing.webhooks import queries, rules
from billing.webhooks.handlers import Handler, handler_of
from billing.webhooks.models import WebhookEvent, WebhookState

type Clock = Callable[[], datetime]
#: What an event may fail by; it is recorded with a sentence, and tried again.
FAILURES = (
    Refused,
    GatewayError,
    ValueError,
    TypeError,
    LookupError,
    IntegrityError,
    DataError,
    OperationalError,
)


@dataclass(frozen=True, slots=True)
class Said:
    """Objects to record, and the moment that they are true of."""

    kind: str
    bodies: list[Mapping[str, Any]]
    as_of: datetime


@service("webhooks")
def process_event(*, event_pk: int, now: datetime, clock: Clock = timezone.now) -> str:
    """Does what a received event says, once; gives the state that it ends in.

    Nothing is done for one that somebody else is at, or that is done. A failure is recorded in a transaction
    of its own, with the time of the next attempt, and raises nothing.
    """
    event = _lease(event_pk, now)
    if event is None:
        return ""
    add_facts(event_id=event.event_id, type=event.type, attempt=event.attempts)
    actor = gateway(event.source)
    with acting(actor, request_id=event.event_id[:64], reason=event.type):
        try:
            state = _do(event, actor, now, clock)
        except FAILURES as error:
            state = _fail(event, _sentence(error), now)
    add_facts(state=state)
    return state


def _lease(event_pk: int, now: datetime) -> WebhookEvent | None:
    """Takes the event, unless it is done, not due, or another worker's lease on it still runs."""
    with transaction.atomic():
        event = WebhookEvent.objects.select_for_update(skip_locked=True).filter(pk=event_pk).first()
        if event is None or not queries.is_due(event, now):
            return None
        event.state = WebhookState.PROCESSING
        event.attempts += 1
        event.processed_at = now
        event.save(update_fields=["state", "attempts", "processed_at"])
    return event


def _do(event: WebhookEvent, actor: Actor, now: datetime, clock: Clock) -> str:
    handler = handler_of(event.source, event.type)
    said: Said | None = None
    if handler is not None and event.source == "stripe":
        said = _said(event, handler, clock)

    def work() -> str:
        held = WebhookEvent.objects.select_for_update().get(pk=event.pk)
        if held.state != WebhookState.PROCESSING or held.attempts != event.attempts:
            return held.state  # The lease lapsed, and somebody else has taken it.
        if handler is None:
            return _end(held, WebhookState.IGNORED, now)
        if event.source == "sandbox":
            fact = sandbox_refund(_content(event)["object"])
            record_gateway_refund(fact=fact, actor=actor, now=now)
        elif said is None:
            return _end(held, WebhookState.IGNORED, now, "Something newer is known of this object.")
        else:
            take(said.kind, said.bodies, as_of=said.as_of, manner=Manner(actor, now))
            _refunds_inside(said, actor, now)
        return _end(held, WebhookState.PROCESSED, now)

    return fetching(work, actor=actor, clock=clock)


def _said(event: WebhookEvent, handler: Handler, clock: Clock) -> Said | None:
    """What to record; asked of the gateway where the message cannot be taken at its word. None: it is older
    than what is known. Called with no transaction open."""
    body = dict(_content(event)["object"])
    if handler.gone:
        return Said(handler.kind, [body | {"deleted": True}], event.happened_at)
    belief = queries.belief(event, handler.kind)
    if belief == "older":
        return None
    if not handler.ask and belief == "take":
        return Said(handler.kind, [_with_refunds(handler.kind, body)], event.happened_at)
    asked_at = clock().replace(microsecond=0)
    found = stripe_object(handler.kind, event.object_id)
    if found is None or found.get("deleted") is True:
        # It is gone by now; what the message says was true before.
        return Said(handler.kind, [found or body], asked_at)
    return Said(handler.kind, [_with_refunds(handler.kind, found)], asked_at)


def _content(event: WebhookEvent) -> Mapping[str, Any]:
    content = event.content
    if content is None:
        raise LookupError("The content of this event is no longer kept, so it cannot be done again.")
    return content


def _with_refunds(kind: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A charge with its refunds: since 2022-11-15 they are no longer inside it."""
    if kind != "charges" or not body.get("amount_refunded") or body.get("refunds"):
        return body
    return {**body, "refunds": {"data": list(stripe_pages("refunds", {"charge": body["id"]}))}}


def _refunds_inside(said: Said, actor: Actor, now: datetime) -> None:
    if said.kind != "charges":
        return
    refunds = [refund for body in said.bodies for refund in (body.get("refunds") or {}).get("data") or ()]
    if refunds:
        take("refunds", refunds, as_of=said.as_of, manner=Manner(actor, now))


def _end(event: WebhookEvent, state: WebhookState, now: datetime, sentence: str = "") -> str:
    event.state, event.processed_at, event.error = state, now, sentence
    event.save(update_fields=["state", "processed_at", "error"])
    return state


def _fail(event: WebhookEvent, sentence: str, now: datetime) -> str:
    with transaction.atomic():
        held = WebhookEvent.objects.select_for_update().get(pk=event.pk)
        if held.state != WebhookState.PROCESSING or held.attempts != event.attempts:
            return held.state
        return _end(held, WebhookState(rules.after_failure(held.attempts)), now, sentence[:500])


def _sentence(error: BaseException) -> str:
    if isinstance(error, Refused):
        return error.sentence
    if isinstance(error, GatewayError):
        return error.message
    if isinstance(error, ValueError) and str(error):
        return str(error)
    return f"This event could not be recorded ({type(error).__name__})."
