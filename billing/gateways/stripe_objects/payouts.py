"""Stripe's payouts."""

from datetime import datetime

from billing.gateways.facts import PayoutFact
from billing.gateways.stripe_objects.reading import (
    STRIPE,
    Body,
    Unreadable,
    at,
    born,
    currency_of,
    free_text,
    minor,
    own_id,
    text,
    word,
)

STATES = {
    "pending": "pending",
    "in_transit": "in_transit",
    "paid": "paid",
    "failed": "failed",
    "canceled": "canceled",
    "cancelled": "canceled",
}


def payout(body: Body, as_of: datetime) -> PayoutFact | None:
    """A payout; before 2017-04-06 it was called a transfer, and had a state. None for any other transfer."""
    status = text(body.get("status"), 40)
    if not status and body.get("object") == "transfer":
        return None
    if status not in STATES:
        raise Unreadable(f"{own_id(body)} is {status or 'in no state'}, which the desk does not know.")
    currency = currency_of(body)
    arrives = at(body.get("arrival_date")) or at(body.get("date"))
    return PayoutFact(
        gateway=STRIPE,
        gateway_id=own_id(body),
        state=STATES[status],
        currency=currency,
        amount_minor=minor(body.get("amount"), currency),
        created_at=born(body, as_of),
        as_of=as_of,
        arrival_on=arrives.date() if arrives else None,
        is_automatic=body.get("automatic") is True,
        is_instant=body.get("method") == "instant",
        is_reconciled=body.get("reconciliation_status") == "completed",
        failure_code=word(body.get("failure_code"), 64),
        failure_message=free_text(body.get("failure_message"), 300),
    )
