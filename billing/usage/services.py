"""What can be done with usage; each verb says what it promises."""

from datetime import datetime
from decimal import Decimal

from billing.catalog.terms import QuotaTerms, known_meter
from billing.customers.models import Customer
from billing.errors import Missing
from billing.history.actors import Actor
from billing.logs import add_facts, note_odd, service
from billing.usage.closing import close_usage
from billing.usage.gaps import close_gap, note_gap, say_reported
from billing.usage.telling import tell_thresholds
from billing.usage.writing import Asked, Wrote, write

__all__ = ["close_gap", "close_usage", "note_gap", "record_usage", "say_reported", "tell_thresholds"]


@service("usage")
def record_usage(
    *,
    customer_id: int,
    meter: str,
    quantity: Decimal | int,
    key: str,
    at: datetime,
    actor: Actor,
    now: datetime,
    value: str = "",
    period_starts_at: datetime | None = None,
) -> Wrote:
    """Records an event that no quota is asked about: what happened elsewhere and is only told of.

    Entitlements ask the quota first. Raises `Unknown` for a meter and `Missing` for a customer that is not,
    `InvalidInput` for what cannot be taken, `Conflict` for a key used for something else.
    """
    found = known_meter(meter)
    if not Customer.objects.filter(pk=customer_id).exists():
        note_odd("usage.unknown_customer", customer=customer_id)
        raise Missing("customer_missing", "This customer is no longer here.", field="customer")
    terms = QuotaTerms(
        found.pk, found.slug, found.unit, found.aggregation, found.rounding, None, "month", "soft"
    )
    wrote = write(
        Asked(customer_id, quantity, key, at, value),
        terms,
        period_of=lambda _: period_starts_at,
        actor=actor,
        now=now,
        bounded=False,
    )
    add_facts(customer=customer_id, meter=meter, usage=wrote.event_id, outcome_of=wrote.outcome)
    return wrote
