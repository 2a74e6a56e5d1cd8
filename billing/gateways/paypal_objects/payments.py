"""PayPal's sales, captures and authorisations: each is a payment of its own, under its own id."""

from datetime import datetime

from billing.gateways.facts import AttemptFact, PaymentFact
from billing.gateways.paypal_objects.reading import (
    PAYPAL,
    Body,
    Unreadable,
    amount_of,
    at,
    authorization_of,
    born,
    money,
    own_id,
    status_of,
)
from billing.gateways.stripe_objects.reading import part, word
from billing.money import Money

CAPTURES = {
    "COMPLETED": "succeeded",
    "PARTIALLY_REFUNDED": "succeeded",
    "REFUNDED": "succeeded",
    "REVERSED": "succeeded",
    "PENDING": "pending",
    "DECLINED": "failed",
    "DENIED": "failed",
    "FAILED": "failed",
    "EXPIRED": "failed",
}
AUTHORIZATIONS = {
    "CREATED": "authorized",
    "AUTHORIZED": "authorized",
    "PARTIALLY_CAPTURED": "authorized",
    "PENDING": "pending",
    "CAPTURED": "canceled",
    "PARTIALLY_CREATED": "authorized",
    "VOIDED": "canceled",
    "EXPIRED": "canceled",
    "DENIED": "failed",
}
CAPTURED = "captured"
IS_CAPTURED = "Captured: the money stands as a payment of its own."


def capture(body: Body, as_of: datetime, customer_id: str = "") -> PaymentFact:
    """A capture or a sale. What was refunded of it does not change it: refunds tell of themselves."""
    state = CAPTURES.get(status_of(body))
    if state is None:
        raise Unreadable(
            f"{own_id(body)} is {status_of(body) or 'in no state'}, which the desk does not know."
        )
    amount = amount_of(body)
    created = born(body, as_of)
    why = _why(body) if state == "failed" else ""
    fee = _fee(body, amount)
    won = state == "succeeded"
    tried = AttemptFact(
        gateway=PAYPAL,
        gateway_id=own_id(body),
        at=created,
        state=state,
        amount_minor=amount.minor,
        as_of=as_of,
        code=why,
        captured_minor=amount.minor if won else 0,
        method_kind="wallet",
        fee_minor=fee,
        fee_id=f"{own_id(body)}:fee" if fee else "",
    )
    return PaymentFact(
        gateway=PAYPAL,
        gateway_id=own_id(body),
        customer_id=customer_id,
        state=state,
        currency=amount.currency,
        amount_minor=amount.minor,
        captured_minor=amount.minor if won else 0,
        created_at=created,
        as_of=as_of,
        failure_code=why,
        succeeded_at=created if won else None,
        attempts=(tried, *_authorized(body, amount, as_of)),
    )


def authorization(body: Body, as_of: datetime, customer_id: str = "") -> PaymentFact:
    """An authorisation, until it is captured: then its captures are the payments, and it is over."""
    status = status_of(body)
    state = AUTHORIZATIONS.get(status)
    if state is None:
        raise Unreadable(f"{own_id(body)} is {status or 'in no state'}, which the desk does not know.")
    amount = amount_of(body)
    captured = status == "CAPTURED"
    return PaymentFact(
        gateway=PAYPAL,
        gateway_id=own_id(body),
        customer_id=customer_id,
        state=state,
        currency=amount.currency,
        amount_minor=amount.minor,
        captured_minor=0,
        created_at=born(body, as_of),
        as_of=as_of,
        failure_code=CAPTURED if captured else _why(body) if state == "failed" else "",
        failure_message=IS_CAPTURED if captured else "",
    )


def closes(body: Body) -> str:
    """The authorisation that this capture was the last one of; empty where more may follow."""
    final = body.get("final_capture", body.get("is_final_capture"))
    done = CAPTURES.get(status_of(body)) == "succeeded"
    return authorization_of(body) if final is True and done else ""


def _authorized(body: Body, amount: Money, as_of: datetime) -> tuple[AttemptFact, ...]:
    """That it was authorised first, so that an authorisation told of later is known to be over."""
    known = closes(body)
    if not known:
        return ()
    return (
        AttemptFact(
            gateway=PAYPAL,
            gateway_id=known,
            at=at(body.get("create_time")) or as_of,
            state="authorized",
            amount_minor=amount.minor,
            as_of=as_of,
            method_kind="wallet",
        ),
    )


def _why(body: Body) -> str:
    found = word(part(body, "status_details").get("reason"), 64) or word(body.get("reason_code"), 64)
    processor = word(part(body, "processor_response").get("response_code"), 16)
    return (found or processor or "denied").lower()


def _fee(body: Body, amount: Money) -> int | None:
    """What PayPal took, where it says so in the payment's own currency."""
    fee = money(part(body, "seller_receivable_breakdown").get("paypal_fee")) or money(
        body.get("transaction_fee")
    )
    return abs(fee.minor) if fee is not None and fee.currency == amount.currency else None
