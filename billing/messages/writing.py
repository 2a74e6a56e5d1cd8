"""A message is written beside what it is about, in one transaction; its job sends it afterwards."""

from collections.abc import Mapping
from datetime import datetime

from django.db import models, transaction

from billing.customers.models import Customer
from billing.errors import Conflict
from billing.history.actors import Actor
from billing.history.services import move, record
from billing.ids import new_reference
from billing.logs import add_facts, note_odd, service
from billing.messages import composing, rules
from billing.messages.composing import Preview
from billing.messages.locks import lock_message
from billing.messages.models import Message, MessageText
from billing.messages.queue import enqueue_send
from billing.messages.words import Value

__all__ = ["cancel", "release", "retry", "write"]


@service("messages")
def write(
    *,
    kind: str,
    customer_id: int,
    facts: Mapping[str, Value],
    cause: str,
    actor: Actor,
    now: datetime,
    about: models.Model | None = None,
    label: str = "",
    waits: bool = False,
) -> Message:
    """The one message of this cause, with its words as they are now, queued in the caller's transaction.

    A cause that was written about before gives that message and changes nothing. One that cannot be sent is
    kept as canceled with its reason. With ``waits`` it waits for `release` or `cancel`.
    """
    if made := Message.objects.filter(cause=cause).first():
        note_odd("messages.written_again", message=made.reference)
        return made
    customer = Customer.objects.select_related("identity").get(pk=customer_id)
    told = composing.preview(kind, customer, facts)
    with transaction.atomic():
        message, is_new = Message.objects.get_or_create(
            cause=cause,
            defaults={
                **_about(about, label),
                "reference": new_reference("MSG", now.date()),
                "customer": customer,
                "kind": told.kind,
                "language": told.language,
                "version": told.version,
                "asked_by_ref": actor.ref,
                "asked_by_name": actor.name,
                "created_at": now,
                **begins(told, waits=waits),
            },
        )
        if is_new:
            enter(message, told, actor=actor, now=now)
    add_facts(message=message.reference, kind=kind, state=message.state)
    return message


def begins(told: Preview, *, waits: bool = False) -> dict[str, str]:
    """The state that a new message begins in."""
    if told.why_not:
        return {"state": "canceled", "why_not": told.why_not}
    return {"state": "waiting" if waits else "queued"}


def enter(message: Message, told: Preview, *, actor: Actor, now: datetime, reason: str = "") -> None:
    """The words, the history and the job of a message that was just written."""
    MessageText.objects.create(message=message, address=told.address, subject=told.subject, body=told.body)
    record(
        message,
        "state",
        actor=actor,
        now=now,
        to_state=message.state,
        reason=reason or message.why_not,
        message_kind=message.kind,
    )
    if message.state == "queued":
        enqueue_send(message.pk)


def _about(about: models.Model | None, label: str) -> dict[str, object]:
    if about is None:
        return {"subject_label": label}
    return {
        "subject_kind": about._meta.model_name or "",
        "subject_id": about.pk,
        "subject_label": label or str(getattr(about, "reference", "")),
    }


@service("messages")
def release(*, cause: str, actor: Actor, now: datetime) -> Message | None:
    """What the message waited for has happened: it is queued. None when nothing waits under this cause."""
    with transaction.atomic():
        message = _waiting(cause)
        if message is not None:
            move(message, rules.MACHINE, "queued", actor=actor, now=now)
            enqueue_send(message.pk)
    return message


@service("messages")
def cancel(*, cause: str, why: str, actor: Actor, now: datetime) -> Message | None:
    """What the message is about will not happen: unless it has begun to leave, it stays here. None when there
    is nothing to hold back under this cause."""
    with transaction.atomic():
        message = _waiting(cause, "queued")
        if message is not None:
            _cancel(message, why, actor, now)
    return message


@service("messages")
def retry(*, message_id: int, actor: Actor, now: datetime) -> Message:
    """Queues one that failed once more. Raises `Conflict` for one in another state."""
    with transaction.atomic():
        message = lock_message(message_id)
        if message.state != "failed":
            raise Conflict(
                "message_has_not_failed",
                "Only a message that failed can be tried again. Reload the page to see what happened.",
            )
        why_not = _why_not_now(message)
        if why_not:
            _cancel(message, why_not, actor, now)
        else:
            move(message, rules.MACHINE, "queued", actor=actor, now=now, also={"attempts": 0, "failure": ""})
            enqueue_send(message.pk)
    add_facts(message=message.reference)
    return message


def _waiting(cause: str, *also: str) -> Message | None:
    found = Message.objects.select_for_update(of=("self",)).filter(cause=cause, state__in=["waiting", *also])
    return found.first()


def _cancel(message: Message, why: str, actor: Actor, now: datetime) -> None:
    move(message, rules.MACHINE, "canceled", actor=actor, now=now, reason=why, also={"why_not": why[:200]})


def _why_not_now(message: Message) -> str:
    text = MessageText.objects.filter(message=message).first()
    return composing.reason_not_to(text.address) if text else composing.ERASED
