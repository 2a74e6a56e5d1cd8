"""The columns of the checkouts list."""

from typing import Any

from django.urls import reverse

from billing.checkouts.models import CheckoutSession
from dashboard.checkouts.words import bought, paid_words
from dashboard.lists import columns


def address(session: CheckoutSession) -> str:
    return reverse("checkouts:show", args=[session.reference])


class Buyer(columns.CustomerName):
    """A page of the gateway's own may be open for somebody whom nobody knows yet."""

    def render(self, record: CheckoutSession) -> Any:
        return super().render(record.customer) if record.customer_id else "Not known"


class CheckoutTable(columns.ListTable):
    reference = columns.Reference(address=address)
    state = columns.State("checkoutsession")
    customer = Buyer(accessor="pk")
    bought = columns.Made("For", bought, dim=True)
    paid = columns.Made("Paid", paid_words, wide=True, dim=True)
    amount = columns.Amount(accessor="amount_minor", place="m2")
    expires = columns.Moment("Open until", accessor="expires_at", wide=True)
    created = columns.Moment("Opened", accessor="created_at", sort="created", wide=True)
