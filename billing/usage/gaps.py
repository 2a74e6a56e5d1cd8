"""What is not known: gaps that are noted until they are filled, and how far a host says it has reported."""

from datetime import datetime

from django.db import transaction

from billing.catalog.terms import known_meter
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import add_facts, service
from billing.notifications import services as alerts
from billing.usage.models import MeterReport, UsageGap, UsageStream
from billing.usage.rules import FUTURE

__all__ = ["ALERT", "close_gap", "note_gap", "say_reported"]

ALERT = "usage.gap"
LONGEST_REASON = 2_000


@service("usage")
@transaction.atomic
def note_gap(
    *,
    meter: str,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    actor: Actor,
    now: datetime,
    customer_id: int | None = None,
) -> UsageGap:
    """Notes that usage of this stretch is not known, for one customer or for all. It stops billing of it
    until `close_gap`, and an alert is open meanwhile."""
    found = known_meter(meter)
    if ends_at <= starts_at:
        raise InvalidInput("gap_without_length", "Ends: after it starts.", field="ends_at")
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidInput("reason_missing", "Reason: say what was lost, and how you know.", field="reason")
    gap = UsageGap.objects.create(
        customer_id=customer_id,
        meter=found,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        noted_at=now,
        noted_by_ref=actor.ref,
        noted_by_name=actor.name,
    )
    record(gap, "noted", actor=actor, now=now, reason=reason, meter=meter)
    alerts.open_alert(
        kind=ALERT,
        key=str(gap.pk),
        sentence=f"Usage of {found.name} from {starts_at:%Y-%m-%d %H:%M} to {ends_at:%Y-%m-%d %H:%M} UTC is "
        "not known: invoices that bill it wait.",
        now=now,
        facts={"meter": meter},
    )
    add_facts(gap=gap.pk, meter=meter, customer=customer_id)
    return gap


@service("usage")
@transaction.atomic
def close_gap(*, gap_id: int, reason: str, actor: Actor, now: datetime) -> UsageGap:
    """Says that all usage of the gap has been reported after all, or that there was none. Raises `Conflict`
    when it is closed already."""
    gap = UsageGap.objects.select_for_update().filter(pk=gap_id).first()
    if gap is None:
        raise Missing("gap_missing", "This gap is no longer here.")
    if gap.closed_at is not None:
        raise Conflict("gap_is_closed", f"{gap.closed_by_name or 'Somebody'} closed this gap already.")
    if not reason.strip():
        raise InvalidInput(
            "reason_missing", "Reason: say how you know that nothing is missing.", field="reason"
        )
    gap.closed_at, gap.closed_by_ref, gap.closed_by_name = now, actor.ref, actor.name
    gap.save(update_fields=["closed_at", "closed_by_ref", "closed_by_name"])
    record(gap, "closed", actor=actor, now=now, reason=reason.strip())
    alerts.close_alert(kind=ALERT, key=str(gap.pk), now=now)
    add_facts(gap=gap.pk)
    return gap


@service("usage")
@transaction.atomic
def say_reported(
    *, meter: str, until: datetime, actor: Actor, now: datetime, customer_id: int | None = None
) -> datetime:
    """Notes the host's word that all usage up to ``until`` was sent, for one customer or for the whole meter;
    it never goes back. The answer is how far it is now."""
    found = known_meter(meter)
    if until > now + FUTURE:
        raise InvalidInput("report_in_the_future", "Until: a moment that has passed.", field="until")
    if customer_id is None:
        report, is_new = MeterReport.objects.select_for_update().get_or_create(
            meter=found, defaults={"reported_until": until, "said_at": now}
        )
        if not is_new and report.reported_until < until:
            report.reported_until, report.said_at = until, now
            report.save(update_fields=["reported_until", "said_at"])
        return report.reported_until
    stream, _ = UsageStream.objects.select_for_update().get_or_create(
        customer_id=customer_id, meter=found, defaults={"opened_at": now}
    )
    if stream.reported_until is None or stream.reported_until < until:
        stream.reported_until = until
        stream.save(update_fields=["reported_until"])
    return stream.reported_until
