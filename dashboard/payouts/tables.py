"""The columns of the payouts list."""

from django.urls import reverse

from billing.payments.queries import gateway_name
from billing.payouts.models import Payout
from dashboard.lists import columns


def address(payout: Payout) -> str:
    return reverse("payouts:show", args=[payout.reference])


def gateway(payout: Payout) -> str:
    return gateway_name(payout.gateway)


class PayoutTable(columns.ListTable):
    reference = columns.Reference(address=address)
    state = columns.State("payout")
    gateway = columns.Made("Gateway", gateway, place="m1", dim=True)
    amount = columns.Amount(accessor="amount_minor", place="m2")
    arrival = columns.Day("Arrives", accessor="arrival_on")
    created = columns.Moment("Created", accessor="created_at", sort="created", wide=True)
