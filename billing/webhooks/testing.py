"""A test event: the sandbox tells again what it told of its latest refund, over HTTP like any gateway."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from billing.errors import Conflict
from billing.gateways.models import SandboxEvent
from billing.gateways.sandbox import latest_refund
from billing.gateways.sandbox_events import owe_event
from billing.history.actors import Actor
from billing.logs import add_facts, service

PING = "ping"


@service("webhooks")
def send_test_event(*, actor: Actor, key: str, now: datetime) -> SandboxEvent:
    """Has the sandbox send a message to this desk's own address, through the worker. One ``key`` sends one.

    It says what the desk knows already, so it is processed and changes nothing. Before the first refund it is
    a ping, which the desk puts aside. Raises `Conflict` while there is no secret to sign with.
    """
    if not settings.SANDBOX_WEBHOOK_SECRET:
        raise Conflict("sandbox_not_set_up", "SANDBOX_WEBHOOK_SECRET is not set, so nothing can be signed.")
    event_id = f"sbx_evt_test_{key}"
    with transaction.atomic():
        made = SandboxEvent.objects.filter(pk=event_id).first()
        if made is not None:
            return made
        found = latest_refund()
        kind, body = ("refund.updated", found) if found else (PING, {"object": PING, "id": event_id})
        made = owe_event(kind, body, due_at=now, event_id=event_id)
    add_facts(event_id=event_id, type=kind)
    return made
