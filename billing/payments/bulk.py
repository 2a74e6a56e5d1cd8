"""What is done to many payments at once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billing.customers.tags import tag_customer
from billing.errors import Missing
from billing.history.actors import Actor
from billing.jobs.kinds import row_handler
from billing.jobs.models import RunRow
from billing.payments.models import Payment

TAG_CUSTOMERS = "payments.tag_customers"


@row_handler(TAG_CUSTOMERS, subject="payment")
def tag_customer_of(row: RunRow, asked: Mapping[str, Any], *, actor: Actor, now: datetime) -> str:
    """Tags the customer of one payment; two payments of one customer tag them once."""
    payment = Payment.objects.select_related("customer").filter(pk=row.subject_id).first()
    if payment is None:
        raise Missing("payment_missing", "This payment is no longer here.")
    new = tag_customer(customer_id=payment.customer_id, tag=asked["tag"], actor=actor, now=now)
    who = payment.customer.reference
    return f"{who} tagged “{asked['tag']}”" if new else f"{who} had the tag “{asked['tag']}” already"
