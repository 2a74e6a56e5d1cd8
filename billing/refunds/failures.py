"""Why gateways fail refunds, in words for the desk. Pure."""

from dataclasses import dataclass

__all__ = ["Failure", "explain_failure"]


@dataclass(frozen=True, slots=True)
class Failure:
    """What a gateway's code means for a refund, and what helps."""

    says: str
    advice: str


_FAILURES = {
    "insufficient_funds": Failure(
        "Our balance at the gateway did not cover it.",
        "Top the balance up at the gateway, then refund again.",
    ),
    "expired_or_canceled_card": Failure(
        "The card has expired or was canceled.",
        "Ask the customer where the money should go, and pay it from the bank.",
    ),
    "lost_or_stolen_card": Failure(
        "The card was reported lost or stolen.",
        "Ask the customer where the money should go, and pay it from the bank.",
    ),
    "account_closed": Failure(
        "The customer's account is closed.",
        "Ask the customer where the money should go, and pay it from the bank.",
    ),
    "charge_for_pending_refund_disputed": Failure(
        "The customer disputed the payment while the refund was under way.",
        "Answer the dispute; the bank decides where the money goes.",
    ),
    "charge_already_refunded": Failure(
        "The gateway has given this payment back already.",
        "Look for a refund that was made at the gateway before making another.",
    ),
    "declined": Failure("The bank declined it.", "Ask the customer for another way to pay them back."),
    "merchant_request": Failure("It was canceled at the gateway.", "Find out who canceled it, and why."),
}


def explain_failure(code: str) -> Failure | None:
    """What the gateway's code means, or None for a code that we have no words for."""
    return _FAILURES.get(code)
