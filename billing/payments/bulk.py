"""What is done to many payments at once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billing.customers.tags import tag_customer
from billing.errors import Conflict, Missing
from billing.history.actors import Actor
from billing.jobs.kinds import row_handler
from billing.jobs.models import RunRow
from billing.payments.expiring import ask_for_card
from billing.payments.models import Payment

TAG_CUSTOMERS = "payments.tag_customers"
ASK_FOR_CARDS = "payments.ask_for_cards"


@row_handler(TAG_CUSTOMERS, subject="payment")
def tag_customer_of(row: RunRow, asked: Mapping[str, Any], *, actor: Actor, now: datetime) -> str:
    """Tags the customer of one payment; two payments of one customer tag them once."""
    payment = Payment.objects.select_related("customer").filter(pk=row.subject_id).first()
    if payment is None:
        raise Missing("payment_missing", "This payment is no longer here.")
    new = tag_customer(customer_id=payment.customer_id, tag=asked["tag"], actor=actor, now=now)
    who = payment.customer.reference
    return f"{who} tagged “{asked['tag']}”" if new else f"{who} had the tag “{asked['tag']}” already"


@row_handler(ASK_FOR_CARDS, subject="paymentmethod")
def ask_for_one(row: RunRow, asked: Mapping[str, Any], *, actor: Actor, now: datetime) -> str:
    """Writes to the owner of one card; a row that is done again writes once."""
    cause = f"card_expiring:{row.subject_id}:run:{row.run_id}"
    made = ask_for_card(method_id=row.subject_id, cause=cause, actor=actor, now=now)
    if made.state == "canceled":
        raise Conflict("not_written_to", f"{made.why_not.rstrip('.')}. Nothing was sent.")
    return f"{made.reference} is on its way"
