"""Writing to a customer who was credited for an outage: once, in the transaction that credits."""

from datetime import datetime

from billing.history.actors import Actor
from billing.incidents.models import Incident, IncidentCredit
from billing.messages import services as messages
from billing.messages.models import Message
from billing.messages.words import Note, Value
from billing.money import Money

__all__ = ["LONGEST_NOTE", "MESSAGE", "facts_of", "write_to"]

MESSAGE = "incident_credited"
LONGEST_NOTE = 2_000


def facts_of(incident: Incident, amount: Money, note: str) -> dict[str, Value]:
    """What the texts may name."""
    return {
        "amount": amount,
        "outage": incident.title,
        "date": incident.starts_at.date(),
        "reference": incident.reference,
        "note": Note(note),
    }


def write_to(credit: IncidentCredit, note: str, *, actor: Actor, now: datetime) -> Message:
    """The one message about this credit."""
    return messages.write(
        kind=MESSAGE,
        customer_id=credit.customer_id,
        facts=facts_of(credit.incident, Money(credit.amount_minor, credit.currency), note),
        cause=f"incident:{credit.incident.reference}:{credit.customer_id}:{credit.currency}",
        about=credit.incident,
        actor=actor,
        now=now,
    )
