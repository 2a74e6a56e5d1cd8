"""Customers who use a meter, on subscriptions, to record an outage for."""

from datetime import UTC, datetime, timedelta
from typing import Any

from billing.history.actors import person
from billing.ids import form_key
from billing.incidents.services import begin_credits, record_incident
from billing.jobs.models import Run
from billing.models import Customer, Incident, Meter, Subscription
from tests import make

NOW = datetime(2026, 11, 18, 13, 32, tzinfo=UTC)
#: Six hours on 17 November, in a period of 30 days that began on the 1st.
FROM, TO = datetime(2026, 11, 17, 8, tzinfo=UTC), datetime(2026, 11, 17, 14, tzinfo=UTC)
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
INES = person(13, "Ines Marchetti", roles=("finance",))
JUDE = person(12, "Jude Okafor", roles=("support",))
TOVE = person(14, "Tove Ahlgren", roles=("finance",))


def a_user(
    meter: Meter, *, price: int = 9_900, currency: str = "EUR", used_at: datetime = FROM - WEEK, **more: Any
) -> Subscription:
    """A customer on a monthly plan since 1 November who used the meter a week before the outage."""
    customer = more.pop("customer", None) or make.customer(currency=currency)
    at = make.price(unit_amount_minor=price, currency=currency)
    held = make.subscription(
        customer,
        at,
        anchor_at=BEGAN,
        current_period_start=BEGAN,
        current_period_end=datetime(2026, 12, 1, tzinfo=UTC),
        created_at=BEGAN,
        **more,
    )
    make.usage(customer, meter, at=used_at)
    return held


def recorded(meter: Meter, **changed: Any) -> Incident:
    told = {
        "title": "Exports did not start",
        "meter": meter,
        "starts_at": FROM,
        "ends_at": TO,
        "reason": "The queue stood still after the release.",
        "actor": INES,
        "now": NOW,
        "form_key": form_key(),
    } | changed
    return record_incident(**told)


def begun(incident: Incident, **changed: Any) -> list[Run]:
    told = {
        "incident_id": incident.pk,
        "note": "",
        "write_to_customer": False,
        "actor": INES,
        "now": NOW,
        "form_key": form_key(),
    } | changed
    return begin_credits(**told)


def balance(customer: Customer, currency: str = "EUR") -> int:
    account = customer.credit_accounts.filter(unit="money", currency=currency).first()
    return account.balance if account else 0
