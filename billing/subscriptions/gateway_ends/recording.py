"""What a gateway says about a subscription's end, written on ours."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from billing.gateways.facts import EndFact
from billing.gateways.registry import subscriber_named
from billing.history.actors import gateway as gateway_actor
from billing.history.keeping import Told, keep
from billing.subscriptions.models import Subscription
from billing.subscriptions.movements import Change, record_movements
from billing.subscriptions.rules import MACHINE

__all__ = ["read_back"]


def read_back(subscription: Subscription, now: datetime) -> EndFact | None:
    """What the gateway says now, recorded; None when it does not know the subscription (nothing is recorded
    then). Raises the errors of `billing.gateways.errors`; no transaction may be open."""
    if connection.in_atomic_block:
        raise RuntimeError("a gateway is never asked inside a transaction")
    fact = subscriber_named(subscription.gateway).retrieve_subscription(subscription.gateway_id)
    if fact is not None:
        _record(fact, now)
    return fact


@transaction.atomic
def _record(fact: EndFact, now: datetime) -> None:
    """Makes our subscription say what the gateway does about its end; what is older changes nothing."""
    values: dict[str, Any] = {
        "state": fact.state,
        "cancel_at": fact.cancel_at,
        "cancel_at_period_end": fact.cancel_at_period_end,
        "ended_at": fact.ended_at,
    }
    if fact.current_period_start and fact.current_period_end:
        values |= {
            "current_period_start": fact.current_period_start,
            "current_period_end": fact.current_period_end,
        }
    actor = gateway_actor(fact.gateway)
    told = [Told(fact.gateway_id, fact.as_of, values)]
    kept = keep(Subscription, fact.gateway, told, actor=actor, now=now, machine=MACHINE)[fact.gateway_id]
    if "state" in kept.was:
        row: Subscription = kept.row
        change = Change(row.pk, row.customer_id, row.currency, fact.ended_at or fact.as_of)
        record_movements({row.customer_id}, [change], actor=actor, now=now)
