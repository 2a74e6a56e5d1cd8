"""Limits as settings: who changed them, when and why stands in their history."""

from datetime import datetime
from typing import Any

from django.db import transaction

from billing.approvals import rules
from billing.approvals.models import ApprovalLimit, LimitScope
from billing.errors import InvalidInput
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import add_facts, service


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
    which = {"role": role, "action": action, "currency": currency, "scope": scope}
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
