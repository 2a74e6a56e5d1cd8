"""What a dispute's reason means, and what helps against it."""

from dataclasses import dataclass

from billing.disputes.models import Dispute


@dataclass(frozen=True, slots=True)
class Reason:
    """The claim in a sentence, and what an answer should show."""

    says: str
    helps: str


REASONS: dict[str, Reason] = {
    "fraudulent": Reason(
        "The cardholder says that they did not make this payment.",
        "Show that it was them: log-ins, addresses, earlier payments with the same card.",
    ),
    "unrecognized": Reason(
        "The cardholder does not recognise the payment on their statement.",
        "Show what was bought and by whom; a call often settles it.",
    ),
    "duplicate": Reason(
        "The cardholder says that they were charged twice for the same thing.",
        "Show that the two payments were for different things, or refund one.",
    ),
    "product_not_received": Reason(
        "The cardholder says that they never got what they paid for.",
        "Show that access was given and used.",
    ),
    "product_unacceptable": Reason(
        "The cardholder says that it was not as described.",
        "Show what was promised, and that it was delivered.",
    ),
    "subscription_canceled": Reason(
        "The cardholder says that they had canceled before they were charged.",
        "Show the terms, the day of the cancellation, and what was used after it.",
    ),
    "credit_not_processed": Reason(
        "The cardholder says that a promised refund did not come.",
        "Show the refund, or the terms under which there is none.",
    ),
    "customer_initiated": Reason(
        "The customer asked their bank for the money back.",
        "Show that the mandate was given, and what was delivered.",
    ),
    "general": Reason("The bank gives no particular reason.", "Show what was bought and that it was used."),
}


def reason_words(dispute: Dispute) -> str:
    """Product not received."""
    return dispute.reason.replace("_", " ").capitalize() or "Not told"


def reason_of(dispute: Dispute) -> Reason | None:
    """The claim in a sentence; None for a reason that is not told or not known."""
    return REASONS.get(dispute.reason)
