"""The columns of the usage list."""

from django.urls import reverse

from billing.entitlements.rules import number_said
from billing.usage.models import UsageEvent
from dashboard.lists import columns


def address(event: UsageEvent) -> str:
    return reverse("usage:show", args=[event.customer.reference])


def meter(event: UsageEvent) -> str:
    return event.meter.name


def quantity(event: UsageEvent) -> str:
    return number_said(event.quantity)


def paid(event: UsageEvent) -> str:
    return f"{event.credits:,} {event.get_credit_unit_display()}" if event.credits else ""


class UsageTable(columns.ListTable):
    customer = columns.CustomerName()
    meter = columns.Made("Meter", meter, place="m3")
    quantity = columns.Made("Quantity", quantity, figures=True, place="m2")
    paid = columns.Made("Paid by credits", paid, figures=True, dim=True, wide=True)
    at = columns.Moment("Happened", accessor="at", wide=True)
    received = columns.Moment("Received", accessor="received_at", sort="received", place="m4")
