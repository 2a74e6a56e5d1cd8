"""What a gateway's words for a failed payment mean, and what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decline:
    """A code in plain words. `hard` ones fail again however often they are tried with this method."""

    code: str
    says: str
    advice: str
    hard: bool


_SOFT = {
    "insufficient_funds": (
        "The account had too little money.",
        "Try again in some days, best after a payday, or ask for another card.",
    ),
    "card_declined": (
        "The bank declined without saying why.",
        "Ask the customer to call their bank, or to use another card.",
    ),
    "generic_decline": (
        "The bank declined without saying why.",
        "Ask the customer to call their bank, or to use another card.",
    ),
    "do_not_honor": (
        "The bank declined without saying why.",
        "Ask the customer to call their bank, or to use another card.",
    ),
    "processing_error": ("The card network had a fault.", "Try again in an hour."),
    "try_again_later": ("The bank could not answer.", "Try again in an hour."),
    "issuer_not_available": ("The customer's bank could not be reached.", "Try again in an hour."),
    "card_velocity_exceeded": (
        "The card's limit for this period is used up.",
        "Try again tomorrow, or ask for another card.",
    ),
    "withdrawal_count_limit_exceeded": (
        "The card's limit for this period is used up.",
        "Try again tomorrow, or ask for another card.",
    ),
    "authentication_required": (
        "The bank wants the customer to confirm the payment.",
        "Send the customer a link to pay: without them it fails again.",
    ),
    "timeout": (
        "The gateway did not answer in time, so the outcome is unknown.",
        "Do not charge again before the gateway has told what became of it.",
    ),
}

_HARD = {
    "expired_card": ("The card has expired.", "Ask the customer for a new card."),
    "incorrect_cvc": ("The security code was wrong.", "Ask the customer to enter the card again."),
    "incorrect_number": ("The card number was wrong.", "Ask the customer to enter the card again."),
    "invalid_account": ("The card's account does not exist.", "Ask the customer for another card."),
    "card_not_supported": ("The card does not allow such payments.", "Ask the customer for another card."),
    "currency_not_supported": ("The card does not allow this currency.", "Ask for another card or currency."),
    "lost_card": ("The card was reported lost.", "Ask for another card, without naming the cause."),
    "stolen_card": ("The card was reported stolen.", "Ask for another card, without naming the cause."),
    "pickup_card": ("The bank has withdrawn the card.", "Ask for another card, without naming the cause."),
    "fraudulent": (
        "The payment looked like fraud to the gateway.",
        "Look at the customer before trying again.",
    ),
    "highest_risk_level": (
        "The gateway held the payment for too risky.",
        "Look at the customer before trying again.",
    ),
    "debit_not_authorized": ("The customer never allowed this debit.", "Ask for another way to pay."),
    "bank_account_closed": ("The bank account is closed.", "Ask for another way to pay."),
}

_TABLE = {code: Decline(code, *words, hard=False) for code, words in _SOFT.items()} | {
    code: Decline(code, *words, hard=True) for code, words in _HARD.items()
}


def explain(code: str) -> Decline | None:
    """The meaning of a gateway's code; None when there is no code, or one nobody has described yet."""
    return _TABLE.get(code)
