"""PayPal's refunds and reversals: money that went back of one capture or sale."""

from datetime import datetime

from billing.gateways.errors import Garbage
from billing.gateways.facts import RefundFact
from billing.gateways.paypal_objects.reading import (
    PAYPAL,
    Body,
    amount_of,
    born,
    own_id,
    parent_of,
    status_of,
    told_at,
)
from billing.gateways.stripe_objects.reading import part, word

STATES = {
    "COMPLETED": "succeeded",
    "PENDING": "pending",
    "FAILED": "failed",
    "CANCELLED": "canceled",
    "CANCELED": "canceled",
    # What the older interface says of a sale once all of it went back.
    "REFUNDED": "succeeded",
    "REVERSED": "succeeded",
}
WHY = {"ECHECK": "The refund is paid by eCheck and has not cleared yet."}


def refund(
    body: Body, *, as_of: datetime | None = None, payment_id: str = "", reference: str = ""
) -> RefundFact:
    """A refund. Its amount is what this one gave back, never the sum of all: that stands beside it.

    Older ones write what went back below zero. Raises `Garbage` where a field that every refund has is
    missing or makes no sense.
    """
    try:
        amount = amount_of(body, "amount")
        state = STATES.get(status_of(body) or "COMPLETED")
        if state is None:
            raise ValueError("status")
        moment = as_of or told_at(body)
        created = born(body, moment) if moment else None
        if created is None or moment is None:
            raise ValueError("create_time")
        gateway_id = own_id(body)
        reason = word(part(body, "status_details").get("reason"), 64)
        own = word(body.get("custom_id"), 64) or word(body.get("invoice_number"), 64)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Garbage("refund_unreadable", "PayPal's refund cannot be read.") from error
    return RefundFact(
        gateway=PAYPAL,
        gateway_id=gateway_id,
        payment_gateway_id=payment_id or parent_of(body),
        amount_minor=abs(amount.minor),
        currency=amount.currency,
        state=state,
        created_at=created,
        as_of=moment,
        reference=reference or (own if own.startswith("REF-") else ""),
        failure_code=reason.lower() if state in ("failed", "canceled") else "",
        message=_message(state, reason),
    )


def _message(state: str, reason: str) -> str:
    if state == "failed":
        return "PayPal could not give the money back."
    return WHY.get(reason, "") if state == "pending" else ""
