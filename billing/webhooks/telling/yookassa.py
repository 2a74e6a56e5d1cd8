"""YooKassa: nothing is signed, so what is recorded is what YooKassa answers, and only if it agrees."""

from dataclasses import replace
from datetime import datetime

from billing.errors import Missing
from billing.gateways.yookassa import YooKassa
from billing.gateways.yookassa_objects.payments import YOOKASSA, payment
from billing.gateways.yookassa_objects.refunds import refund
from billing.history.actors import Actor
from billing.logs import note_odd
from billing.payments.queries import by_gateway_id
from billing.payments.services import record_payments
from billing.refunds.services import record_gateway_refund
from billing.webhooks.handlers import Handler
from billing.webhooks.models import WebhookEvent
from billing.webhooks.telling.said import Clock, Said

PAYMENT = "yookassa_payment"
UNKNOWN = "YooKassa does not know this object: the message is not believed."


def prepare(event: WebhookEvent, handler: Handler, *, clock: Clock) -> Said | None:
    """As the package says. Raises `NotSetUp` without a key to ask with: nothing is believed then."""
    asked_at = clock().replace(microsecond=0)
    found = YooKassa().object(handler.kind, event.object_id)
    if found is None or found.get("id") != event.object_id:
        return Said(handler.kind, [], asked_at, remark=UNKNOWN)
    told, status = event.type.partition(".")[2], str(found.get("status") or "in no state")[:40]
    if status != told:
        remark = f"The message says {told}, YooKassa says {status}: the message is not believed."
        return Said(handler.kind, [], asked_at, remark=remark)
    return Said(handler.kind, [found], asked_at)


def record(said: Said, *, actor: Actor, now: datetime) -> None:
    """As the package says."""
    for body in said.bodies:
        if said.kind == "payments":
            record_payments([payment(body, said.as_of)], actor=actor, now=now)
            continue
        fact = refund(body, as_of=said.as_of)
        known = by_gateway_id(YOOKASSA, [fact.payment_gateway_id]).get(fact.payment_gateway_id)
        if known is None:
            raise Missing(
                "unknown_yookassa_payment",
                f"{fact.gateway_id} names the YooKassa payment {fact.payment_gateway_id or '(none)'}, "
                "which is not known yet.",
                retry_helps=True,
                facts={"kind": PAYMENT, "gateway_id": fact.payment_gateway_id},
            )
        record_gateway_refund(fact=replace(fact, payment_gateway_id=known.gateway_id), actor=actor, now=now)


def supply(absent: Missing, *, clock: Clock) -> Said | None:
    """As the package says: the payment that a refund names."""
    gateway_id = str(absent.facts.get("gateway_id", ""))
    if absent.facts.get("kind") != PAYMENT or not gateway_id:
        return None
    asked_at = clock().replace(microsecond=0)
    found = YooKassa().object("payments", gateway_id)
    if found is None:
        note_odd("webhooks.named_but_unknown", kind="yookassa payment", gateway_id=gateway_id)
        return None
    return Said("payments", [found], asked_at)
