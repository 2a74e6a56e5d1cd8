"""The call: an end is set at the gateway under its own key, read back, and judged."""

from datetime import datetime

from django.db import connection, transaction

from billing.gateways.errors import GatewayError, GatewayRefused, NotSetUp, Unreachable
from billing.gateways.registry import subscriber_named
from billing.history.actors import gateway as gateway_actor
from billing.history.actors import system
from billing.history.context import acting
from billing.history.services import move, record
from billing.logs import add_facts, service
from billing.notifications.services import close_alert, open_alert
from billing.subscriptions.doing import lock
from billing.subscriptions.gateway_ends.models import GatewayEnd, Wanted
from billing.subscriptions.gateway_ends.queue import SET
from billing.subscriptions.gateway_ends.recording import read_back
from billing.subscriptions.gateway_ends.rules import MACHINE, is_done, sentence

__all__ = ["ALERT", "WORKER", "resume_settings", "set_end"]

WORKER = system("worker")
ALERT = "subscriptions.end_refused"
LONGEST = 300
BATCH = 200


@service("subscriptions")
def set_end(*, end_id: int, now: datetime) -> GatewayEnd:
    """Sets the end at the gateway, reads back what stands there, and writes what became of it.

    Holds no transaction during the calls. What the gateway refuses, or does not name when it is read back,
    is recorded and alerted; `Unreachable` and `NotSetUp` propagate, so that the job tries again.
    """
    with acting(WORKER):
        end = GatewayEnd.objects.select_related("subscription").get(pk=end_id)
        if end.state != "asked":
            return end
        who = gateway_actor(end.subscription.gateway).name
        refusal = ""
        try:
            _call(end)
        except GatewayRefused as no:
            refusal = f"{who} refused: {no.message}"
        except (Unreachable, NotSetUp) as trouble:
            _note_trouble(end, trouble, now)
            raise
        told = read_back(end.subscription, now)
        done = is_done(end.wanted, end.ends_at, told)
        found = sentence(end.wanted, end.ends_at, who, done=done, known=told is not None)
        return _settle(end_id, done, found if done or not refusal else refusal, now)


def _call(end: GatewayEnd) -> None:
    if connection.in_atomic_block:
        raise RuntimeError("a gateway is never asked inside a transaction")
    subscription = end.subscription
    gateway = subscriber_named(subscription.gateway)
    if end.wanted == Wanted.NOW:
        gateway.cancel_now(subscription.gateway_id, key=end.call_key)
    else:
        gateway.cancel_at(subscription.gateway_id, end.ends_at, key=end.call_key)


@transaction.atomic
def _settle(end_id: int, done: bool, found: str, now: datetime) -> GatewayEnd:
    end = _locked(end_id)
    if end.state != "asked":
        return end
    found = found[:LONGEST]
    also = {"found": found, "settled_at": now}
    move(end, MACHINE, "held" if done else "refused", actor=WORKER, now=now, reason=found, also=also)
    record(end.subscription, "end_held" if done else "end_refused", actor=WORKER, now=now, reason=found)
    reference = end.subscription.reference
    if done:
        close_alert(kind=ALERT, key=reference, now=now)
    else:
        open_alert(
            kind=ALERT, key=reference, sentence=f"{reference}: {found}", now=now,
            facts={"subscription": reference, "wanted": end.wanted},
        )  # fmt: skip
    add_facts(subscription=reference, done=done)
    return end


@transaction.atomic
def _note_trouble(end: GatewayEnd, trouble: GatewayError, now: datetime) -> None:
    """Tells whoever looks that it is being tried again, and why; once for each reason."""
    end = _locked(end.pk)
    if end.found == trouble.message[:LONGEST]:
        return
    end.found = trouble.message[:LONGEST]
    end.save(update_fields=["found"])
    record(end.subscription, "end_unanswered", actor=WORKER, now=now, reason=trouble.message)


def _locked(end_id: int) -> GatewayEnd:
    """The end behind its subscription's lock, as whoever asks for one takes it."""
    end = GatewayEnd.objects.get(pk=end_id)
    subscription = lock(end.subscription_id, ours=False)
    end.refresh_from_db()
    end.subscription = subscription
    return end


@service("subscriptions")
def resume_settings(*, now: datetime) -> int:
    """Gives a job to each end that is to be set and has none; how many."""
    ids = list(GatewayEnd.objects.filter(state="asked").order_by("pk").values_list("pk", flat=True)[:BATCH])
    lost = SET.without_one(ids)
    for end_id in lost:
        with transaction.atomic():
            SET.enqueue(end_id)
    add_facts(resumed=len(lost))
    return len(lost)
