"""PayPal: resources at their word where nothing newer can be known, else as PayPal answers.

A subscription is always asked for, because who pays it is not stored with the message; so is who paid.
Without keys to ask with, messages are taken at their word, and of two of the same second the further counts.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billing.errors import Missing
from billing.gateways.errors import GatewayRefused, NotSetUp
from billing.gateways.paypal import PayPal
from billing.gateways.paypal_objects.reading import is_payment, order_of, parent_of
from billing.history.actors import Actor
from billing.logs import note_odd
from billing.webhooks import queries
from billing.webhooks.handlers import Handler
from billing.webhooks.models import WebhookEvent
from billing.webhooks.telling import paypal_recording as recording
from billing.webhooks.telling.said import Clock, Said, object_in

type Body = Mapping[str, Any]

#: The kinds of `queries.ROWS` that ours are rows of.
ROWS = {
    "captures": "payment_intents",
    "sales": "payment_intents",
    "authorizations": "payment_intents",
    "disputes": "disputes",
    "subscriptions": "subscriptions",
    "plans": "prices",
    "products": "products",
}
OF_NOTHING = "The message names no payment that this money went back of."


def prepare(event: WebhookEvent, handler: Handler, *, clock: Clock) -> Said | None:
    """As the package says."""
    # An id may look like a number that is not kept; the event's own column has it.
    body = {**object_in(event), ("dispute_id" if handler.kind == "disputes" else "id"): event.object_id}
    api = _api()
    if handler.kind == "refunds":
        return _refund(body, event, api)
    known = queries.known_as_of("paypal", ROWS[handler.kind], event.object_id)
    if known is not None and event.happened_at + queries.SECOND <= known:
        return None
    unordered = known is not None and event.happened_at <= known
    if api is not None and (handler.ask or unordered):
        asked_at = clock().replace(microsecond=0)
        found = api.object(handler.kind, event.object_id)
        if found is not None:
            return Said(handler.kind, [_beside(handler.kind, found, api)], asked_at)
    return Said(handler.kind, [_beside(handler.kind, body, api)], event.happened_at, by_word=True)


def record(said: Said, *, actor: Actor, now: datetime) -> None:
    """As the package says."""
    for told in said.bodies:
        recording.RECORD[said.kind](told, said, actor, now)


def supply(absent: Missing, *, clock: Clock) -> Said | None:
    """As the package says: a payment that a refund or a dispute names."""
    api, gateway_id = _api(), str(absent.facts.get("gateway_id", ""))
    if api is None or absent.facts.get("kind") != recording.PAYMENT or not gateway_id:
        return None
    asked_at = clock().replace(microsecond=0)
    for kind in ("captures", "sales"):
        found = api.object(kind, gateway_id)
        if found is not None:
            return Said(kind, [_beside(kind, found, api)], asked_at)
    note_odd("webhooks.named_but_unknown", kind="paypal payment", gateway_id=gateway_id)
    return None


def _api() -> PayPal | None:
    try:
        return PayPal()
    except NotSetUp:  # quiet: messages are signed, and can be taken at their word
        return None


def _refund(body: dict[str, Any], event: WebhookEvent, api: PayPal | None) -> Said:
    """A refund or a reversal, which may name what it is of only when it is asked for."""
    if is_payment(body):
        # The message about a reversal holds the payment that was reversed, and no refund.
        body |= {"id": f"{event.object_id}:reversed", "capture_id": event.object_id, "status": "COMPLETED"}
    elif not parent_of(body) and api is not None:
        found = api.object("refunds", event.object_id) or api.object("sale_refunds", event.object_id)
        body |= {"capture_id": parent_of(found)} if found else {}
    if not parent_of(body):
        return Said("refunds", [], event.happened_at, remark=OF_NOTHING)
    return Said("refunds", [{"object": body}], event.happened_at, by_word=True)


def _beside(kind: str, body: Body, api: PayPal | None) -> Body:
    """The resource with what it only names: who paid, and at what price."""
    told: dict[str, Any] = {"object": body}
    if api is None:
        return told
    if kind in ("captures", "authorizations") and order_of(body):
        told["payer"] = _ask(api, "orders", order_of(body))
    elif kind == "sales" and body.get("billing_agreement_id"):
        told["payer"] = _ask(api, "subscriptions", str(body["billing_agreement_id"]))
    elif kind != "subscriptions" and body.get("parent_payment"):
        told["payer"] = _ask(api, "payments", str(body["parent_payment"]))
    elif kind == "subscriptions" and body.get("plan_id"):
        told["plan"] = _ask(api, "plans", str(body["plan_id"]))
    return told


def _ask(api: PayPal, kind: str, gateway_id: str) -> Body | None:
    """None where PayPal does not say: the payment counts all the same."""
    try:
        return api.object(kind, gateway_id)
    except (GatewayRefused, NotSetUp) as refusal:
        note_odd("webhooks.paypal_would_not_say", kind=kind, code=refusal.code)
        return None
