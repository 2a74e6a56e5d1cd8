"""Limits as settings: who changed them, when and why stands in their history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.approvals import rules
from billing.approvals.defaults import UNIT_NAMES, WORTH, defaults_for
from billing.approvals.models import ApprovalLimit, LimitScope
from billing.errors import InvalidInput
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import add_facts, service

ALL = (*WORTH, *UNIT_NAMES)


@service("approvals")
def set_limits(
    *,
    role: str,
    action: str,
    currency: str,
    limits: Mapping[str, int | None],
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Sets the limits of all given scopes together (None: any amount), and writes only what changes.

    The first limit that is set for a role and an action writes down the defaults that held until then in
    the other currencies, so that setting one never opens or closes another.
    """
    with transaction.atomic():
        rows = ApprovalLimit.objects.select_for_update().filter(role=role, action=action)
        if not rows.exists():
            _write_defaults(role, action, actor, now)
        held = {row.scope: row.limit_minor for row in rows.filter(currency=currency)}
        for scope, minor in limits.items():
            if scope not in held or held[scope] != minor:
                set_limit(
                    role=role,
                    action=action,
                    scope=scope,
                    currency=currency,
                    limit_minor=minor,
                    reason=reason,
                    actor=actor,
                    now=now,
                )


def _write_defaults(role: str, action: str, actor: Actor, now: datetime) -> None:
    who = {"changed_by_ref": actor.ref, "changed_by_name": actor.name, "changed_at": now}
    ApprovalLimit.objects.bulk_create(
        ApprovalLimit(
            role=role,
            action=action,
            currency=currency,
            scope=limit.scope,
            limit_minor=limit.amount.minor if limit.amount else None,
            **who,
        )
        for currency in ALL
        for limit in defaults_for(role, action, currency)
    )


@service("approvals")
def set_limit(
    *,
    role: str,
    action: str,
    scope: str,
    currency: str,
    limit_minor: int | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> ApprovalLimit:
    """Sets up to how much ``role`` may do alone (None: any amount).

    What waits already is decided as it is; what is asked for from now on is held against the new limit.
    """
    reason = rules.check_reason(reason)
    if scope not in LimitScope.values:
        raise InvalidInput("scope_unknown", "Span: choose one from the list.", field="scope")
    if limit_minor is not None and limit_minor < 0:
        sentence = "Limit: it cannot be below zero. Enter 0 or more."
        raise InvalidInput("limit_negative", sentence, field="amount")
    which: dict[str, Any] = {"role": role, "action": action, "currency": currency, "scope": scope}
    who = {"changed_by_ref": actor.ref, "changed_by_name": actor.name}
    said: dict[str, Any] = {"limit_minor": limit_minor, "changed_at": now, **who}
    with transaction.atomic():
        before = ApprovalLimit.objects.select_for_update().filter(**which).first()
        was = before.limit_minor if before else None
        limit, _made = ApprovalLimit.objects.update_or_create(**which, defaults=said)
        changed = {"limit_minor": [was, limit_minor]}
        record(limit, "changed", actor=actor, now=now, reason=reason, changed=changed, **which)
    add_facts(**which, limit_minor=limit_minor)
    return limit


@service("approvals")
def remove_limit(*, limit_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Takes a limit away; other limits of the role for the action stay."""
    reason = rules.check_reason(reason)
    with transaction.atomic():
        limit = ApprovalLimit.objects.select_for_update().filter(pk=limit_id).first()
        if limit is None:
            return
        record(limit, "removed", actor=actor, now=now, reason=reason, limit_minor=limit.limit_minor)
        limit.delete()
