"""What renewals write to subscriptions: periods, states, plans and history, a statement for each table."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from billing.billing_run.foreseeing import after
from billing.billing_run.steps import Step
from billing.copying import copy_rows
from billing.history import context
from billing.history.actors import Actor
from billing.history.models import HistoryEntry
from billing.invoices.issued import HISTORY
from billing.subscriptions.changes import ChangeKind, PendingChange, SubscriptionChange
from billing.subscriptions.doing import says
from billing.subscriptions.models import SubscriptionItem
from billing.subscriptions.rules import MACHINE

__all__ = ["apply_items", "apply_periods", "write_changes", "write_moves"]

PERIODS = """
UPDATE billing_subscription AS s
SET state = n.state, anchor_at = n.anchor_at, current_period_start = n.starts_at,
    current_period_end = n.ends_at, ended_at = n.ended_at, canceled_at = n.canceled_at,
    paused_at = n.paused_at, credits_due_at = n.credits_due_at
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],
    %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
    AS n(id, state, anchor_at, starts_at, ends_at, ended_at, canceled_at, paused_at, credits_due_at)
WHERE s.id = n.id
"""
COLUMNS = (
    "pk", "state", "anchor_at", "current_period_start", "current_period_end", "ended_at", "canceled_at",
    "paused_at", "credits_due_at",
)  # fmt: skip
WHY = {
    "converted": "The trial is over and goes on at its price",
    "trial_ended": "The trial ended without a payment method",
    "trial_paused": "The trial ended without a payment method, and waits for one",
    "ended": "It ends with its period, as was asked",
}


def apply_periods(steps: Sequence[Step]) -> None:
    """Writes the rows as their steps have put them: the next period, or the end."""
    for each in steps:
        if each.renewal.state != each.facts.state:
            MACHINE.require(each.facts.state, each.renewal.state)
    with connection.cursor() as cursor:
        cursor.execute(PERIODS, [[getattr(each.row, column) for each in steps] for column in COLUMNS])


def apply_items(steps: Sequence[Step], *, now: datetime) -> None:
    """Puts the changes that waited for this moment into force."""
    changed = [each for each in steps if each.renewal.planned_id is not None]
    if not changed:
        return
    items = [
        SubscriptionItem(
            pk=each.renewal.item.id,
            price_id=each.renewal.item.price.id,
            quantity=each.renewal.item.quantity,
            discount_minor=each.renewal.item.discount_minor,
        )
        for each in changed
    ]
    SubscriptionItem.objects.bulk_update(items, ["price", "quantity", "discount_minor"])
    PendingChange.objects.filter(pk__in=[each.renewal.planned_id for each in changed]).update(applied_at=now)


def write_moves(steps: Sequence[Step], *, actor: Actor, now: datetime) -> None:
    """Says of each what happened to it, for its timeline."""
    acting = context.current()
    request_id = acting.request_id if acting else ""
    rows = []
    for each in steps:
        renewal, row = each.renewal, each.row
        moved = each.facts.state != renewal.state
        facts = {"at": renewal.at.isoformat()}
        if renewal.period is not None:
            facts |= {"from": renewal.period.start.isoformat(), "to": renewal.period.end.isoformat()}
        rows.append(
            (
                now, "subscription", row.pk, row.customer_id, "state" if moved else "renewed",
                each.facts.state if moved else "", renewal.state if moved else "", None, "", actor.kind,
                actor.ref, actor.name, WHY.get(renewal.what, ""), request_id, facts,
            )
        )  # fmt: skip
    copy_rows(HistoryEntry, HISTORY, rows)


def write_changes(steps: Sequence[Step], *, actor: Actor, now: datetime) -> None:
    """The record of each plan that changed with its renewal: who had asked for it, before and after."""
    applied = {each.renewal.planned_id: each for each in steps if each.renewal.planned_id is not None}
    if not applied:
        return
    planned = PendingChange.objects.in_bulk(list(applied))
    SubscriptionChange.objects.bulk_create(
        SubscriptionChange(
            subscription=each.row,
            kind=ChangeKind.RENEW,
            asked_by=planned[pk].asked_by,
            reason=planned[pk].reason,
            at=now,
            actor_ref=planned[pk].actor_ref,
            actor_name=planned[pk].actor_name,
            before=says(each.facts),
            after=says(after(each.facts, each.renewal)),
        )
        for pk, each in applied.items()
        if pk in planned
    )
