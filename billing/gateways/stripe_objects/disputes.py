"""Stripe's disputes, and the money that they moved."""

from datetime import datetime

from billing.gateways.facts import DisputeFact, FundsFact
from billing.gateways.stripe_objects.reading import (
    STRIPE,
    Body,
    Unreadable,
    at,
    born,
    currency_of,
    id_of,
    listed,
    minor,
    own_id,
    part,
    text,
    whole,
    word,
)

STATES = {
    "warning_needs_response": "warning",
    "warning_under_review": "warning",
    "warning_closed": "warning_closed",
    "needs_response": "needs_response",
    "under_review": "under_review",
    "won": "won",
    "lost": "lost",
    "prevented": "prevented",
    # Before 2018: the charge was refunded and nothing was left to dispute.
    "charge_refunded": "prevented",
}


def dispute(body: Body, as_of: datetime) -> DisputeFact:
    """A dispute. Which money moved is told by its balance transactions, not by its state."""
    status = text(body.get("status"), 40)
    if status not in STATES:
        raise Unreadable(f"{own_id(body)} is {status or 'in no state'}, which the desk does not know.")
    currency = currency_of(body)
    created = born(body, as_of)
    return DisputeFact(
        gateway=STRIPE,
        gateway_id=own_id(body),
        payment_gateway_id=id_of(body.get("payment_intent")) or id_of(body.get("charge")),
        charge_gateway_id=id_of(body.get("charge")),
        state=STATES[status],
        reason=word(body.get("reason"), 64),
        currency=currency,
        amount_minor=minor(body.get("amount"), currency),
        created_at=created,
        as_of=as_of,
        evidence_due_at=at(part(body, "evidence_details").get("due_by")),
        funds=tuple(_moved(each, created) for each in listed(body, "balance_transactions")),
    )


def early_fraud_warning(body: Body, as_of: datetime) -> DisputeFact:
    """A card network's warning. Nothing can be done about it any more once it is not actionable: the charge
    was refunded, or is disputed in earnest. It has no amount of its own."""
    charge, intent = id_of(body.get("charge")), id_of(body.get("payment_intent"))
    if not charge and not intent:
        raise Unreadable(f"{own_id(body)} names no charge.")
    return DisputeFact(
        gateway=STRIPE,
        gateway_id=own_id(body),
        payment_gateway_id=intent or charge,
        charge_gateway_id=charge,
        state="warning_closed" if body.get("actionable") is False else "warning",
        reason=word(body.get("fraud_type"), 64),
        currency="",
        amount_minor=0,
        created_at=born(body, as_of),
        as_of=as_of,
        is_early_warning=True,
    )


def _moved(body: Body, created: datetime) -> FundsFact:
    currency = currency_of(body)
    return FundsFact(
        gateway_id=id_of(body),
        amount_minor=minor(body.get("amount"), currency),
        fee_minor=minor(whole(body.get("fee")), currency),
        currency=currency,
        at=at(body.get("created")) or created,
    )
