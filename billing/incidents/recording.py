"""Recording an outage with everybody whom it hit, and withdrawing one that was recorded by mistake."""

from datetime import datetime

from django.db import transaction

from billing.catalog.models import Meter, Tier
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.history.services import move, record
from billing.ids import new_reference
from billing.incidents import rules
from billing.incidents.finding import find_hit
from billing.incidents.models import Incident, IncidentCredit
from billing.incidents.queries import runs_of
from billing.logs import add_facts, service

__all__ = ["lock_incident", "record_incident", "withdraw_incident"]


@service("incidents")
def record_incident(
    *,
    title: str,
    meter: Meter,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    actor: Actor,
    now: datetime,
    form_key: str,
    tier: Tier | None = None,
) -> Incident:
    """Writes the outage down with whom it hit and what each would get; gives nothing yet.

    The same ``form_key`` gives the incident that it made before. Raises `InvalidInput` naming the field, also
    when nobody was hit.
    """
    rules.check_outage(title, starts_at, ends_at, reason, now)
    with transaction.atomic():
        incident, made = Incident.objects.get_or_create(
            form_key=form_key,
            defaults={
                "reference": new_reference("INC", now.date()),
                "title": title.strip(),
                "meter": meter,
                "tier": tier,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "reason": reason.strip(),
                "recorded_by_ref": actor.ref,
                "recorded_by_name": actor.name,
                "created_at": now,
            },
        )
        if made:
            _write_hit(incident, actor, now)
    add_facts(incident=incident.reference, hit=incident.hit, left_out=incident.left_out)
    return incident


def _write_hit(incident: Incident, actor: Actor, now: datetime) -> None:
    found = find_hit(
        meter=incident.meter, tier=incident.tier, starts_at=incident.starts_at, ends_at=incident.ends_at
    )
    if not found.hits:
        raise InvalidInput(
            "nobody_hit",
            f"Nobody used {incident.meter.name} then or at that time of the week in the four weeks before.",
            field="starts_at",
        )
    IncidentCredit.objects.bulk_create(
        (
            IncidentCredit(
                incident=incident,
                customer_id=hit.customer_id,
                currency=hit.currency,
                amount_minor=0 if hit.why_not else hit.amount.minor,
                seconds=hit.seconds,
                shares=[
                    {
                        "of": of,
                        "price_minor": each.price_minor,
                        "seconds": each.seconds,
                        "period_seconds": each.period_seconds,
                    }
                    for of, each in hit.shares
                ],
                why_not=hit.why_not[:200],
            )
            for hit in found.hits
        ),
        batch_size=2_000,
    )
    incident.hit = len(found.credited)
    incident.left_out = len(found.hits) - incident.hit
    incident.save(update_fields=["hit", "left_out"])
    record(
        incident, "state", to_state="recorded", actor=actor, now=now, reason=incident.reason, hit=incident.hit
    )


@service("incidents")
def withdraw_incident(*, incident_id: int, reason: str, actor: Actor, now: datetime) -> Incident:
    """Says that it was recorded by mistake. Raises `Conflict` once anybody was credited, or while a run of
    its credits waits or is under way."""
    if not reason.strip():
        raise InvalidInput("reason_missing", "Reason: say why, for whoever reads it later.", field="reason")
    with transaction.atomic():
        incident = lock_incident(incident_id)
        if IncidentCredit.objects.filter(incident=incident, entry__isnull=False).exists():
            raise Conflict(
                "incident_was_credited",
                f"Customers were credited for {incident.reference} already. "
                "What one of them should not have, reverse on their account.",
            )
        if runs_of(incident).filter(state__in=("queued", "running", "paused")).exists():
            raise Conflict(
                "incident_is_under_way",
                f"Credits for {incident.reference} wait or are under way. End the run or its request first.",
            )
        move(incident, rules.MACHINE, "withdrawn", actor=actor, now=now, reason=reason.strip())
    return incident


def lock_incident(incident_id: int) -> Incident:
    """The incident, locked until the transaction ends. Raises `Missing`."""
    found = Incident.objects.select_for_update(of=("self",)).filter(pk=incident_id).first()
    if found is None:
        raise Missing("incident_unknown", "This incident does not exist.")
    return found
