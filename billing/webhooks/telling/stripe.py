"""Stripe: objects at their word where nothing newer can be known, else as Stripe answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from billing.errors import Missing
from billing.gateways.stripe import stripe_object, stripe_pages
from billing.gateways.stripe_objects.reading import id_of
from billing.history.actors import Actor
from billing.imports.fetching import named_by
from billing.imports.taking import Manner, take
from billing.ledger.models import Posting
from billing.logs import note_odd
from billing.refunds.services import regrant
from billing.webhooks import queries
from billing.webhooks.handlers import Handler
from billing.webhooks.models import WebhookEvent
from billing.webhooks.telling.said import Clock, Overtaken, Said, object_in

#: What may tell that a payment paid an invoice.
PAY_INVOICES = frozenset({"invoices", "invoice_payments", "payment_intents", "charges"})


def prepare(event: WebhookEvent, handler: Handler, *, clock: Clock) -> Said | None:
    """As the package says."""
    body = dict(object_in(event))
    if handler.gone:
        return Said(handler.kind, [body | {"deleted": True}], event.happened_at)
    belief = "ask" if handler.named_by else queries.belief(event, handler.kind)
    if belief == "older":
        return None
    if not handler.ask and belief == "take":
        return Said(handler.kind, [_completed(handler.kind, body)], event.happened_at, by_word=True)
    asked_at = clock().replace(microsecond=0)
    gateway_id = id_of(body.get(handler.named_by)) if handler.named_by else event.object_id
    found = stripe_object(handler.kind, gateway_id) if gateway_id else None
    if found is None and (handler.named_by or _was_draft(handler, body)):
        return None
    if found is None or found.get("deleted") is True:
        # It is gone by now; what the message says was true before.
        return Said(handler.kind, [found or body], asked_at)
    return Said(handler.kind, [_completed(handler.kind, found)], asked_at)


def record(said: Said, *, actor: Actor, now: datetime) -> None:
    """As the package says."""
    if said.by_word and any(_overtaken(said, str(body.get("id", ""))) for body in said.bodies):
        raise Overtaken
    take(said.kind, said.bodies, as_of=said.as_of, manner=Manner(actor, now))
    if said.kind == "charges":
        refunds = [refund for body in said.bodies for refund in (body.get("refunds") or {}).get("data") or ()]
        if refunds:
            take("refunds", refunds, as_of=said.as_of, manner=Manner(actor, now))
    if said.kind in PAY_INVOICES:
        _regrant(said, actor, now)


def _regrant(said: Said, actor: Actor, now: datetime) -> None:
    """Refunds of what is applied to an invoice only now were told of too early."""
    payments: set[str] = set()
    invoices: set[str] = set()
    for body in said.bodies:
        if said.kind == "invoice_payments":
            invoices.add(str(body.get("invoice", "")))
        elif said.kind == "invoices":
            invoices.add(str(body.get("id", "")))
        else:
            payments |= {str(body.get("id", "")), str(body.get("payment_intent") or "")}
    regrant(gateway="stripe", payments=payments - {""}, invoices=invoices - {""}, actor=actor, now=now)


def supply(absent: Missing, *, clock: Clock) -> Said | None:
    """As the package says."""
    wanted = named_by(absent)
    if wanted is None:
        return None
    asked_at = clock()
    body = stripe_object(*wanted)
    if body is None:
        note_odd("webhooks.named_but_unknown", kind=wanted[0], gateway_id=wanted[1])
        return None
    return Said(wanted[0], [body], asked_at)


def _overtaken(said: Said, gateway_id: str) -> bool:
    """An older one is left alone by the services; one of the same second would overwrite."""
    known = queries.known_as_of("stripe", said.kind, gateway_id)
    return known is not None and said.as_of <= known < said.as_of + queries.SECOND


def _was_draft(handler: Handler, body: Mapping[str, Any]) -> bool:
    """A draft that was deleted leaves nothing behind, and what was said of it before counts no more."""
    return handler.kind == "invoices" and body.get("status") == "draft"


def _completed(kind: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A charge with what stands beside it: its refunds, which since 2022-11-15 are no longer inside it,
    and the movement that holds its fee, of which a message names the id alone."""
    if kind != "charges":
        return body
    more: dict[str, Any] = {}
    if body.get("amount_refunded") and not body.get("refunds"):
        more["refunds"] = {"data": list(stripe_pages("refunds", {"charge": body["id"]}))}
    moved = body.get("balance_transaction")
    if isinstance(moved, str) and moved and settings.STRIPE_API_KEY and not _fee_is_posted(moved):
        more["balance_transaction"] = stripe_object("balance_transactions", moved) or moved
    return {**body, **more}


def _fee_is_posted(moved: str) -> bool:
    return Posting.objects.filter(cause=f"gateway.fee:{moved}").exists()
