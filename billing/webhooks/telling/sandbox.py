"""The sandbox: there is nobody to ask in a test, so its facts decide what is newer."""

from datetime import datetime

from billing.gateways.sandbox import payment_fact, refund_fact
from billing.gateways.sandbox_setups import setup_fact
from billing.history.actors import Actor
from billing.payments.card_leaving import record_setup
from billing.payments.services import record_payments
from billing.refunds.services import record_gateway_refund
from billing.webhooks.handlers import Handler
from billing.webhooks.models import WebhookEvent
from billing.webhooks.telling.said import Clock, Said, object_in


def prepare(event: WebhookEvent, handler: Handler, *, clock: Clock) -> Said | None:
    """As the package says. What is older is known by the service: of two states of one second the further
    one counts."""
    return Said(handler.kind, [object_in(event)], event.happened_at, by_word=True)


def record(said: Said, *, actor: Actor, now: datetime) -> None:
    """As the package says."""
    if said.kind == "payments":
        record_payments([payment_fact(body) for body in said.bodies], actor=actor, now=now)
        return
    if said.kind == "setups":
        for body in said.bodies:
            record_setup(setup_fact(body), actor=actor, now=now)
        return
    for body in said.bodies:
        record_gateway_refund(fact=refund_fact(body), actor=actor, now=now)
