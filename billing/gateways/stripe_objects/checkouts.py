"""Stripe's checkout sessions: its own page, on which a customer pays, subscribes, or leaves a card."""

from datetime import datetime

from billing.gateways.facts import CheckoutFact
from billing.gateways.stripe_objects.reading import (
    STRIPE,
    Body,
    at,
    born,
    currency_of,
    id_of,
    minor,
    own_id,
    text,
    word,
)

MODES = frozenset({"payment", "setup", "subscription"})
STATES = frozenset({"open", "complete", "expired"})
PAYMENT_STATES = frozenset({"paid", "unpaid", "no_payment_required"})


def checkout_session(body: Body, as_of: datetime) -> CheckoutFact:
    """A session. Before 2021 it does not say its state: then one that names what was paid is complete."""
    amount = body.get("amount_total")
    known = isinstance(amount, int) and not isinstance(amount, bool) and bool(body.get("currency"))
    currency = currency_of(body) if known else ""
    return CheckoutFact(
        gateway=STRIPE,
        gateway_id=own_id(body),
        mode=_mode(body),
        state=_state(body, as_of),
        payment_state=_payment_state(body),
        created_at=born(body, as_of),
        as_of=as_of,
        customer_id=id_of(body.get("customer")),
        payment_id=id_of(body.get("payment_intent")),
        subscription_id=id_of(body.get("subscription")),
        currency=currency,
        amount_minor=minor(amount, currency) if known else None,
        expires_at=at(body.get("expires_at")),
        reference=word((body.get("metadata") or {}).get("reference"), 24),
    )


def _mode(body: Body) -> str:
    """The mode; before 2019-05 there was none, and what a session names tells it."""
    mode = text(body.get("mode"), 16)
    if mode in MODES:
        return mode
    if body.get("subscription"):
        return "subscription"
    return "setup" if body.get("setup_intent") and not body.get("payment_intent") else "payment"


def _state(body: Body, as_of: datetime) -> str:
    state = text(body.get("status"), 16)
    if state in STATES:
        return state
    if _payment_state(body) in ("paid", "no_payment_required") or body.get("subscription"):
        return "complete"
    ends = at(body.get("expires_at"))
    return "expired" if ends is not None and ends <= as_of else "open"


def _payment_state(body: Body) -> str:
    state = text(body.get("payment_status"), 24)
    return state if state in PAYMENT_STATES else ""
