"""The columns of outages, and of what each customer gets."""

from datetime import timedelta
from typing import Any

from django.urls import reverse

from billing.incidents.models import Incident, IncidentCredit
from billing.money import Money
from dashboard.actions.related import link
from dashboard.lists import columns
from dashboard.parts.formatting import grouped


def address(incident: Incident) -> str:
    return reverse("incidents:show", args=[incident.reference])


def length(seconds: int) -> str:
    """ "6 h", "1 h 30 min", "45 s"."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{grouped(hours)} h" if hours else "", f"{minutes} min" if minutes else ""]
    return " ".join(part for part in parts if part) or f"{rest} s"


def length_of(incident: Incident) -> str:
    return length((incident.ends_at - incident.starts_at) // timedelta(seconds=1))


def customers(incident: Incident) -> str:
    return grouped(incident.hit)


def amount(credit: IncidentCredit) -> Money | None:
    return Money(credit.amount_minor, credit.currency) if credit.amount_minor else None


def money(credit: IncidentCredit) -> str:
    found = amount(credit)
    return columns.part("money", columns.desk.money(found)) if found else ""


def customer_address(credit: IncidentCredit) -> str:
    return link("customers:show", credit.customer.reference, None, "") or ""


def without(credit: IncidentCredit) -> str:
    return length(credit.seconds) if credit.seconds else ""


def standing(credit: IncidentCredit) -> str:
    """Credited, not yet, or why not at all."""
    if credit.why_not:
        return f"Nothing: {credit.why_not}"
    return "Credited" if credit.given_at else "Not credited yet"


class IncidentTable(columns.ListTable):
    reference = columns.Reference(address=address)
    state = columns.State("incident")
    title = columns.ListColumn("What was out", accessor="title", wide=True, place="m1")
    meter = columns.Made("Meter", lambda each: each.meter.name, wide=True, dim=True)
    length = columns.Made("For", length_of, wide=True, dim=True)
    customers = columns.Made("Customers", customers, figures=True, place="m2")
    starts = columns.Moment("Began", accessor="starts_at", wide=True)
    created = columns.Moment("Recorded", accessor="created_at", sort="created")


class OfCustomer(columns.Reference):
    def render(self, value: Any, record: IncidentCredit) -> Any:  # type: ignore[override]
        return columns.part("ref", columns.desk.ref(record.customer.reference, self.address(record)))


class CreditTable(columns.ListTable):
    reference = OfCustomer("Reference", address=customer_address, accessor="pk")
    customer = columns.CustomerName()
    standing = columns.Made("Credited", standing, place="m3", dim=True)
    without = columns.Made("Without it for", without, wide=True)
    incident = columns.Made(
        "Incident", lambda each: each.incident.reference, wide=True, dim=True, shown=False
    )
    given = columns.Moment("When", accessor="given_at", wide=True)
    amount = columns.Made("Amount", money, figures=True, place="m2", sort="amount")
