"""Giving an incident's credits: a run for each currency, held against the limits, and one row of it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.approvals import services as approvals
from billing.approvals.rules import NO_LIMIT
from billing.credits.giving import MONEY
from billing.credits.store import give_store_credit
from billing.customers.models import Customer
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.history.services import move
from billing.incidents import rules
from billing.incidents.finding import credited_meanwhile
from billing.incidents.models import Incident, IncidentCredit
from billing.incidents.queries import KIND, Standing, standing_of
from billing.incidents.recording import lock_incident
from billing.incidents.telling import LONGEST_NOTE, write_to
from billing.jobs.kinds import row_handler
from billing.jobs.models import Run, RunRow, RunState
from billing.jobs.services import RowAsked, start_run
from billing.logs import add_facts, service
from billing.money import Money
from billing.periods import Period

__all__ = ["APPROVAL", "INCIDENT_CREDIT_ROW", "begin_credits", "bound_params", "bound_reason", "credit_row"]

INCIDENT_CREDIT_ROW = KIND
APPROVAL = "incident_credit"


@service("incidents")
def begin_credits(
    *, incident_id: int, note: str, write_to_customer: bool, actor: Actor, now: datetime, form_key: str
) -> list[Run]:
    """Starts a run for each currency of which something is left to give, in one transaction.

    The total of a currency is held against the person's limit for store credit; above it that run waits for a
    second person's yes to exactly these amounts. The same ``form_key`` gives the runs that it made before.
    Raises `Conflict` when nothing is left, and `InvalidInput` for a note that is too long.
    """
    if len(note) > LONGEST_NOTE:
        raise InvalidInput(
            "note_too_long", f"Note to the customers: at most {LONGEST_NOTE:,} characters.", field="note"
        )
    with transaction.atomic():
        incident = lock_incident(incident_id)
        made = Run.objects.filter(kind=KIND, form_key__startswith=f"{incident.reference}:{form_key}:")
        if found := list(made.order_by("pk")):
            return found
        if incident.state == "withdrawn":
            raise Conflict(
                "incident_is_withdrawn", f"{incident.reference} was withdrawn; nothing is credited for it."
            )
        left = [each for each in standing_of(incident) if each.is_open]
        if not left:
            raise Conflict(
                "nothing_to_credit",
                f"Nothing is left to credit for {incident.reference}, or a run is under way.",
            )
        told = {"note": note.strip(), "write_to_customer": write_to_customer}
        runs = [_begin(incident, each, told, actor, now, form_key) for each in left]
        if incident.state == "recorded":
            move(incident, rules.MACHINE, "credited", actor=actor, now=now)
    add_facts(incident=incident.reference, runs=len(runs))
    return runs


def _begin(
    incident: Incident, of: Standing, told: Mapping[str, Any], actor: Actor, now: datetime, form_key: str
) -> Run:
    rows = IncidentCredit.objects.filter(
        incident=incident, currency=of.currency, amount_minor__gt=0, entry=None
    ).select_related("customer")
    credits = list(rows.order_by("pk"))
    amounts = {str(each.pk): each.amount_minor for each in credits}
    total = Money(sum(amounts.values()), of.currency)
    run = start_run(
        kind=KIND,
        title=f"Credit {len(credits):,} customers for {incident.reference} in {of.currency}",
        rows=(
            RowAsked(each.pk, each.customer.reference, f"/customers/{each.customer.reference}/")
            for each in credits
        ),
        asked={
            **told,
            "incident": incident.pk,
            "currency": of.currency,
            "amounts": amounts,
            "total_minor": total.minor,
        },
        actor=actor,
        now=now,
        form_key=f"{incident.reference}:{form_key}:{of.currency}",
    )
    rows_of_run = list(run.rows.all())
    for row in rows_of_run:
        row.message = f"{Money(amounts[str(row.subject_id)], of.currency)} is to be credited"
    RunRow.objects.bulk_update(rows_of_run, ["message"], batch_size=500)
    verdict = approvals.use(MONEY, total, subject=run, customer_id=None, actor=actor, now=now)
    run.asked = {**run.asked, "allowed_by": "" if verdict.needed else verdict.rule or NO_LIMIT}
    if verdict.needed:
        run.state, run.message = RunState.PAUSED, "Waits for a second person's yes"
        approvals.ask(
            action=APPROVAL, target=run, label=run.title, amount=total, reason=bound_reason(incident),
            rule=verdict.rule, params=bound_params(run), customer_id=None, actor=actor, now=now,
        )  # fmt: skip
    run.save(update_fields=["asked", "state", "message"])
    return run


def bound_reason(incident: Incident) -> str:
    """What a request says that it is for."""
    return f"{incident.title} ({incident.reference}): {incident.reason}"[:2_000]


def bound_params(run: Run) -> dict[str, str]:
    """What a yes is bound to: which credits of which amounts, and what customers are written."""
    told = json.dumps(
        [run.asked["amounts"], run.asked["note"], run.asked["write_to_customer"]], sort_keys=True
    )
    return {"run": str(run.pk), "amounts": hashlib.sha256(told.encode()).hexdigest()}


@row_handler(KIND, subject="incidentcredit")
def credit_row(row: RunRow, asked: Mapping[str, Any], *, actor: Actor, now: datetime) -> str:
    """One customer's credit. Its key is the incident's and the currency's, so that whatever does it again, on
    this run or another, gives nothing twice; whoever was credited for the same time of the same meter by
    another incident meanwhile is refused."""
    if not Run.objects.values_list("asked__allowed_by", flat=True).get(pk=row.run_id):
        raise Conflict("run_waits", "A second person has not said yes to this run.")
    credit = IncidentCredit.objects.select_related("incident").filter(pk=row.subject_id).first()
    if credit is None:
        raise Missing("incident_credit_missing", "This credit is no longer here.")
    lock_customer(credit.customer_id)
    credit.refresh_from_db()
    incident, amount = credit.incident, Money(asked["amounts"][str(credit.pk)], credit.currency)
    if credit.entry_id is not None:
        return f"{amount} was credited already"
    outage = Period(incident.starts_at, incident.ends_at)
    others = credited_meanwhile(incident.meter_id, outage).filter(customer=credit.customer_id)
    if other := others.exclude(incident=incident).values_list("incident__reference", flat=True).first():
        raise Conflict("credited_meanwhile", f"They were credited for this time already by {other}.")
    moved = give_store_credit(
        customer_id=credit.customer_id,
        amount=amount,
        actor=actor,
        now=now,
        key=f"incident:{incident.reference}",
        reason=f"{incident.title} ({incident.reference})",
    )
    credit.entry_id, credit.given_at = moved.entry_id, now
    credit.save(update_fields=["entry", "given_at"])
    if asked["write_to_customer"]:
        write_to(credit, asked["note"], actor=actor, now=now)
    return f"Credited {amount}"


def lock_customer(customer_id: int) -> None:
    """One at a time for a customer, so that two incidents of the same outage see each other."""
    Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
