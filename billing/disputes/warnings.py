"""Early warnings of card networks: one row with the chargeback that follows, whichever is told of first."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from billing.disputes.answering import is_answered
from billing.disputes.models import Dispute
from billing.disputes.rules import MACHINE
from billing.gateways.facts import DisputeFact
from billing.history.actors import Actor
from billing.history.keeping import Kept, Told, keep
from billing.history.models import HistoryEntry
from billing.history.services import entry
from billing.ids import new_reference
from billing.payments.models import Payment


def keep_warnings(
    gateway: str,
    facts: Sequence[DisputeFact],
    payments: Mapping[str, Payment],
    *,
    actor: Actor,
    now: datetime,
) -> dict[str, Kept]:
    """Records warnings, by their gateway ids; their payments are locked.

    One about a payment that is disputed already only leaves its id there. The amount at stake is what was
    captured.
    """
    rows = Dispute.objects.select_for_update().filter(
        gateway=gateway, payment__in=[payments[fact.gateway_id].pk for fact in facts]
    )
    known = {row.payment_id: row for row in rows.order_by("-pk")}
    kept: dict[str, Kept] = {}
    told: list[Told] = []
    for fact in facts:
        payment = payments[fact.gateway_id]
        row = known.get(payment.pk)
        if row is None or row.gateway_id == fact.gateway_id:
            told.append(_told(fact, payment))
        else:
            kept[fact.gateway_id] = _beside(row, fact, actor, now)
    return kept | keep(Dispute, gateway, told, actor=actor, now=now, machine=MACHINE, adjust=_once_prevented)


def _once_prevented(row: Dispute, values: dict[str, Any]) -> dict[str, Any]:
    """A warning that a refund has answered is not open again because the gateway repeats it."""
    if row.state == "prevented" and values.get("state") == "warning" and is_answered(row):
        return {name: value for name, value in values.items() if name != "state"}
    return values


def turn_warnings(
    gateway: str,
    facts: Sequence[DisputeFact],
    payments: Mapping[str, Payment],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Gives the rows that were only warned of the ids of the chargebacks that are told of now.

    What the warning said and when counts no more: whatever is told of the chargeback is heard.
    """
    rows = Dispute.objects.select_for_update().filter(
        gateway=gateway,
        payment__in=[payments[fact.gateway_id].pk for fact in facts],
        gateway_id=F("warning_gateway_id"),
    )
    warned = {row.payment_id: row for row in rows.order_by("-pk")}
    if not warned:
        return
    ids = [fact.gateway_id for fact in facts]
    there = set(
        Dispute.objects.filter(gateway=gateway, gateway_id__in=ids).values_list("gateway_id", flat=True)
    )
    for fact in facts:
        payment = payments[fact.gateway_id]
        if fact.gateway_id in there or payment.pk not in warned:
            continue
        row = warned.pop(payment.pk)
        row.gateway_id, row.gateway_as_of = fact.gateway_id, None
        row.currency, row.created_at = fact.currency, fact.created_at
        row.save(update_fields=["gateway_id", "gateway_as_of", "currency", "created_at"])
        made = entry(row, "disputed", actor=actor, now=now, warning=row.warning_gateway_id)
        HistoryEntry.objects.bulk_create([made])


def _told(fact: DisputeFact, payment: Payment) -> Told:
    return Told(
        fact.gateway_id,
        fact.as_of,
        {"state": fact.state, "reason": fact.reason},
        {
            "reference": new_reference("DSP", fact.created_at.date()),
            "warning_gateway_id": fact.gateway_id,
            "payment_id": payment.pk,
            "customer_id": payment.customer_id,
            "currency": payment.currency,
            "amount_minor": payment.captured_minor or payment.amount_minor,
            "created_at": fact.created_at,
        },
    )


def _beside(row: Dispute, fact: DisputeFact, actor: Actor, now: datetime) -> Kept:
    if row.warning_gateway_id:
        return Kept(row, "same")
    row.warning_gateway_id = fact.gateway_id
    row.save(update_fields=["warning_gateway_id"])
    made = entry(row, "warned", actor=actor, now=now, warning=fact.gateway_id, reason=fact.reason)
    HistoryEntry.objects.bulk_create([made])
    return Kept(row, "changed", {"warning_gateway_id": ""})
