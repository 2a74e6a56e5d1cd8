"""Stripe's payment intents and charges: an intent is a payment, its charges are the attempts at it."""

from datetime import datetime

from billing.gateways.facts import AttemptFact, MethodFact, PaymentFact
from billing.gateways.fingerprints import fingerprint_hash
from billing.gateways.stripe_objects.customers import KINDS, brand, last_four
from billing.gateways.stripe_objects.reading import (
    STRIPE,
    Body,
    Unreadable,
    born,
    currency_of,
    free_text,
    id_of,
    listed,
    minor,
    own_id,
    part,
    text,
    whole,
    word,
)

INTENT_STATES = {
    "requires_payment_method": "pending",
    "requires_source": "pending",
    "requires_confirmation": "pending",
    "requires_action": "requires_action",
    "requires_source_action": "requires_action",
    "processing": "pending",
    "requires_capture": "authorized",
    "canceled": "canceled",
    "succeeded": "succeeded",
}
WAITS_FOR_METHOD = frozenset({"requires_payment_method", "requires_source"})
CHARGE_STATES = {"succeeded": "succeeded", "paid": "succeeded", "pending": "pending", "failed": "failed"}


def payment_intent(body: Body, as_of: datetime) -> PaymentFact:
    """An intent. One that waits for another method after an error has failed, until it is tried again."""
    status = text(body.get("status"), 40)
    if status not in INTENT_STATES:
        raise Unreadable(f"{own_id(body)} is {status or 'in no state'}, which the desk does not know.")
    error = part(body, "last_payment_error")
    failed = status in WAITS_FOR_METHOD and _tried(body, error)
    currency = currency_of(body)
    state = "failed" if failed else INTENT_STATES[status]
    created = born(body, as_of)
    charges = listed(body, "charges")
    latest = part(body, "latest_charge")
    if latest and id_of(latest) not in {id_of(each) for each in charges}:
        charges = [*charges, latest]
    attempts = tuple(attempt(each, as_of) for each in charges)
    won = [each.at for each in attempts if each.state == "succeeded"]
    return PaymentFact(
        gateway=STRIPE,
        gateway_id=own_id(body),
        customer_id=id_of(body.get("customer")),
        state=state,
        currency=currency,
        amount_minor=minor(body.get("amount"), currency),
        captured_minor=_received(body, state, currency),
        created_at=created,
        as_of=as_of,
        method_id=id_of(body.get("payment_method")) or id_of(body.get("source")),
        failure_code=(word(error.get("decline_code"), 64) or word(error.get("code"), 64)) if failed else "",
        failure_message=free_text(error.get("message"), 300) if failed else "",
        description=free_text(body.get("description"), 300),
        succeeded_at=(max(won) if won else created) if state == "succeeded" else None,
        invoice_id=id_of(body.get("invoice")),
        reference=word(part(body, "metadata").get("reference"), 64),
        attempts=attempts,
        saved=_saved(body, latest, as_of) if state == "succeeded" else None,
    )


def _saved(body: Body, charge: Body, as_of: datetime) -> MethodFact | None:
    """What an intent was paid with that is kept for later: its card as the charge tells of it, where that is
    embedded; else its id alone, which the method's own message completes."""
    method, customer = id_of(body.get("payment_method")), id_of(body.get("customer"))
    if not (method and customer and text(body.get("setup_future_usage"), 16) == "off_session"):
        return None
    details = part(charge, "payment_method_details")
    kind = text(details.get("type"), 40) or "card"
    card = part(details, kind)
    return MethodFact(
        gateway=STRIPE,
        gateway_id=method,
        customer_id=customer,
        kind=KINDS.get(kind, "other"),
        created_at=None,
        as_of=as_of,
        brand=brand(card),
        last4=last_four(card),
        exp_month=whole(card.get("exp_month")) or None,
        exp_year=whole(card.get("exp_year")) or None,
        fingerprint_hash=fingerprint_hash(STRIPE, text(card.get("fingerprint"), 100)),
    )


def _received(body: Body, state: str, currency: str) -> int:
    """`amount_received`; a server that does not tell it took the whole amount."""
    if state != "succeeded":
        return 0
    told = body.get("amount_received")
    return minor(body.get("amount") if told is None else told, currency)


def _tried(body: Body, error: Body) -> bool:
    """Whether it was tried before: it has a charge, or the error of one."""
    return bool(body.get("latest_charge") or error.get("code") or error.get("decline_code"))


def charge(body: Body, as_of: datetime) -> PaymentFact:
    """A charge: the payment that it belongs to, told of by this one attempt.

    Charges from before payment intents are payments of their own.
    """
    intent = id_of(body.get("payment_intent"))
    tried = attempt(body, as_of)
    currency = currency_of(body)
    return PaymentFact(
        gateway=STRIPE,
        gateway_id=intent or own_id(body),
        customer_id=id_of(body.get("customer")),
        state=tried.state,
        currency=currency,
        amount_minor=tried.amount_minor,
        captured_minor=tried.captured_minor,
        created_at=tried.at,
        as_of=as_of,
        by_charge=bool(intent),
        method_id=tried.method_id,
        failure_code=tried.code,
        failure_message=tried.message,
        description=free_text(body.get("description"), 300),
        succeeded_at=tried.at if tried.state == "succeeded" else None,
        invoice_id=id_of(body.get("invoice")),
        reference=word(part(body, "metadata").get("reference"), 64) if intent else "",
        attempts=(tried,),
    )


def attempt(body: Body, as_of: datetime) -> AttemptFact:
    state = CHARGE_STATES.get(text(body.get("status"), 16))
    if state is None:
        state = "succeeded" if body.get("paid") is True else "failed"
    currency = currency_of(body)
    amount = minor(body.get("amount"), currency)
    if state == "succeeded" and body.get("captured") is False:
        # Never captured and wholly given back: the authorisation was let go.
        state = "canceled" if body.get("refunded") is True else "authorized"
    told = body.get("amount_captured")
    captured = amount if told is None else minor(told, currency)
    details = part(body, "payment_method_details")
    kind = text(details.get("type"), 40)
    card = part(details, kind) or part(body, "source") or part(body, "card")
    fee, fee_id = _fee(body, currency)
    return AttemptFact(
        gateway=STRIPE,
        gateway_id=own_id(body),
        at=born(body, as_of),
        state=state,
        amount_minor=amount,
        as_of=as_of,
        code=_why(body) if state == "failed" else "",
        message=free_text(body.get("failure_message"), 300) if state == "failed" else "",
        captured_minor=captured if state == "succeeded" else 0,
        method_id=id_of(body.get("payment_method")) or id_of(body.get("source")),
        method_kind=KINDS.get(kind or text(card.get("object"), 16), "other") if kind or card else "",
        card_brand=brand(card),
        card_last4=last_four(card),
        fee_minor=fee,
        fee_id=fee_id,
    )


def _why(body: Body) -> str:
    reason = word(part(body, "outcome").get("reason"), 64)
    return reason or word(body.get("failure_code"), 64)


def _fee(body: Body, currency: str) -> tuple[int | None, str]:
    """The fee of the charge's movement, where that is embedded and in the charge's own currency."""
    moved = part(body, "balance_transaction")
    if (
        not moved
        or text(moved.get("currency"), 3).upper() != currency
        or not isinstance(moved.get("fee"), int)
    ):
        return None, ""
    return minor(whole(moved["fee"]), currency), id_of(moved)
