"""A refund as Stripe writes it, in our words. Pure: reads plain dicts from answers, pages and events."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from billing.gateways.errors import Garbage
from billing.gateways.facts import RefundFact
from billing.gateways.stripe_amounts import from_stripe

STATES = frozenset({"pending", "requires_action", "succeeded", "failed", "canceled"})

#: Stripe's `failure_reason` in a sentence (https://docs.stripe.com/refunds#failed-refunds).
WHY_FAILED = {
    "charge_for_pending_refund_disputed": "The customer disputed the payment while the refund was pending.",
    "declined": "The customer's bank declined the refund.",
    "expired_or_canceled_card": "The card has expired or was canceled, and its bank sent the money back.",
    "insufficient_funds": "Our balance at Stripe was too low for the refund.",
    "lost_or_stolen_card": "The card was reported lost or stolen, and its bank sent the money back.",
    "merchant_request": "The refund was stopped at our own request.",
    "unknown": "The customer's bank sent the money back and did not say why.",
}


def refund_fact(found: Mapping[str, Any], *, as_of: datetime | None = None) -> RefundFact:
    """What the object says; vouched for ``as_of``, which is its creation unless told otherwise.

    Raises `Garbage` when a field that every refund has is missing or makes no sense.
    """
    try:
        created = datetime.fromtimestamp(found["created"], UTC)
        amount = from_stripe(found["amount"], found["currency"])
        payment = _id(found.get("payment_intent")) or _id(found.get("charge"))
        # Refunds from before 2015 have no status: they had gone through by the time one could see them.
        state = found.get("status") or "succeeded"
        if state not in STATES:
            raise ValueError(state)
        code = found.get("failure_reason") or ""
        return RefundFact(
            gateway="stripe",
            gateway_id=found["id"],
            payment_gateway_id=payment,
            amount_minor=amount.minor,
            currency=amount.currency,
            state=state,
            created_at=created,
            as_of=as_of or created,
            reference=(found.get("metadata") or {}).get("reference", ""),
            reason=(found.get("metadata") or {}).get("reason", "") or found.get("reason") or "",
            failure_code=code[:64],
            message=WHY_FAILED.get(code, WHY_FAILED["unknown"]) if state == "failed" else "",
        )
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise Garbage(
            "refund_unreadable", f"Stripe's refund cannot be read: {type(error).__name__} in a field of it."
        ) from error


def _id(value: Any) -> str:
    """An id, or the id of an expanded object; empty for none."""
    if isinstance(value, Mapping):
        return str(value.get("id") or "")
    return value or ""
