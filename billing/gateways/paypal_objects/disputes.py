"""PayPal's disputes, in the three shapes that they have had."""

from datetime import datetime

from billing.gateways.facts import DisputeFact
from billing.gateways.paypal_objects.reading import (
    PAYPAL,
    Body,
    Unreadable,
    amount_of,
    at,
    born,
    own_id,
    status_of,
)
from billing.gateways.stripe_objects.reading import listed, part, text, word

#: Before a dispute becomes a claim, buyer and seller only talk, and no money is held.
TALKING = "INQUIRY"
OURS = frozenset({"OPEN", "WAITING_FOR_SELLER_RESPONSE", "APPEALABLE"})
THEIRS = frozenset({"UNDER_REVIEW", "WAITING_FOR_BUYER_RESPONSE", "OTHER"})
OUTCOMES = {
    "RESOLVED_BUYER_FAVOUR": "lost",
    "RESOLVED_BUYER_FAVOR": "lost",
    "ACCEPTED": "lost",
    "PARTIALLY_ACCEPTED": "lost",
    "RESOLVED_SELLER_FAVOUR": "won",
    "RESOLVED_SELLER_FAVOR": "won",
    "RESOLVED_WITH_PAYOUT": "won",
    "CANCELED_BY_BUYER": "won",
    "CANCELLED_BY_BUYER": "won",
    "DENIED": "won",
}


def payment_of(body: Body) -> str:
    """The seller's transaction that is disputed."""
    for each in listed(body, "disputed_transactions"):
        found = text(each.get("seller_transaction_id"), 64)
        if found:
            return found
    return text(body.get("seller_payment_id"), 64)


def dispute(body: Body, as_of: datetime) -> DisputeFact:
    """A dispute. It moves no money here: what PayPal takes for one comes as a refund or a reversal of the
    payment, and is counted there, once."""
    amount = amount_of(body, "dispute_amount")
    payment = payment_of(body)
    return DisputeFact(
        gateway=PAYPAL,
        gateway_id=own_id(body),
        payment_gateway_id=payment,
        charge_gateway_id=payment,
        state=_state(body),
        reason=_reason(body),
        currency=amount.currency,
        amount_minor=abs(amount.minor),
        created_at=born(body, as_of),
        as_of=as_of,
        evidence_due_at=at(body.get("seller_response_due_date")),
    )


def _state(body: Body) -> str:
    status = status_of(body)
    talking = text(body.get("dispute_life_cycle_stage"), 40) == TALKING
    if status == "RESOLVED":
        if talking:
            return "warning_closed"
        code = text(part(body, "dispute_outcome").get("outcome_code"), 40)
        if code not in OUTCOMES:
            raise Unreadable(
                f"{own_id(body)} is resolved with {code or 'no outcome'}, which the desk does not know."
            )
        return OUTCOMES[code]
    if talking:
        return "warning"
    if status in THEIRS:
        return "under_review"
    if status in OURS or isinstance(body.get("dispute_status"), int):
        return "needs_response"
    raise Unreadable(f"{own_id(body)} is {status or 'in no state'}, which the desk does not know.")


def _reason(body: Body) -> str:
    """The older shape numbers its reasons; a number is shown as what it is."""
    found = word(body.get("reason"), 64)
    number = body.get("dispute_reason")
    return found.lower() or (f"reason_{number}" if isinstance(number, int) else "")
