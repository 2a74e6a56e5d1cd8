"""Writing what happened."""

from datetime import datetime
from typing import Any

from django.db import models

from billing.history import context
from billing.history.actors import Actor
from billing.history.machines import Machine
from billing.history.models import HistoryEntry
from billing.money import Money


def entry(
    subject: models.Model,
    kind: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    money: Money | None = None,
    from_state: str = "",
    to_state: str = "",
    **facts: Any,
) -> HistoryEntry:
    """An unsaved entry about ``subject``, for services that write many at once."""
    acting = context.current()
    return HistoryEntry(
        at=now,
        subject_kind=subject._meta.model_name or "",
        subject_id=subject.pk,
        customer_id=subject.pk
        if subject._meta.model_name == "customer"
        else getattr(subject, "customer_id", None),
        kind=kind,
        from_state=from_state,
        to_state=to_state,
        amount_minor=money.minor if money else None,
        currency=money.currency if money else "",
        actor_kind=actor.kind,
        actor_ref=actor.ref,
        actor_name=actor.name,
        reason=reason,
        request_id=acting.request_id if acting else "",
        facts=facts,
    )


def record(subject: models.Model, kind: str, *, actor: Actor, now: datetime, **rest: Any) -> HistoryEntry:
    """Writes one entry about ``subject``; takes what `entry` takes."""
    written = entry(subject, kind, actor=actor, now=now, **rest)
    written.save(force_insert=True)
    return written


def move(
    subject: Any,
    machine: Machine,
    to_state: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    money: Money | None = None,
    also: dict[str, Any] | None = None,
    **facts: Any,
) -> HistoryEntry:
    """Moves ``subject`` (locked by the caller) to ``to_state`` and writes who, when and why.

    ``also`` are further columns saved in the same statement. Raises `Conflict` when the machine does
    not list the move.
    """
    from_state = subject.state
    machine.require(from_state, to_state, by_gateway=actor.kind == "gateway")
    subject.state = to_state
    for column, value in (also or {}).items():
        setattr(subject, column, value)
    subject.save(update_fields=["state", *(also or {})])
    return record(
        subject,
        "state",
        actor=actor,
        now=now,
        reason=reason,
        money=money,
        from_state=from_state,
        to_state=to_state,
        **facts,
    )
