"""What becomes of a refund at the sandbox: decided by the payment's test card, or by the amount. Pure.

The table stands in this folder's README.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """``trouble`` befalls the first ``troubled_calls`` calls with a key; ``done_despite`` says that the
    refund is made all the same. ``state`` is what it is made in, "declined" when it is not made at all;
    ``later`` is what becomes of it afterwards. The first ``silent_lookups`` look-ups are not answered."""

    name: str
    state: str = "succeeded"
    later: str = ""
    code: str = ""
    message: str = ""
    hard: bool = False
    trouble: str = ""
    troubled_calls: int = 0
    done_despite: bool = False
    silent_lookups: int = 0


ALWAYS = 1_000_000

SUCCEEDS = Outcome("succeeds")
SOFT_DECLINE = Outcome(
    "soft_decline",
    "declined",
    code="insufficient_funds",
    message="Our balance at the gateway is too low for this refund. Try again when more has come in.",
)
HARD_DECLINE = Outcome(
    "hard_decline",
    "declined",
    code="lost_or_stolen_card",
    message="The card was reported lost or stolen. Give the money back in another way.",
    hard=True,
)
NEEDS_ACTION = Outcome(
    "needs_action",
    "requires_action",
    message="The customer must say to which account the money shall go.",
)
TIMES_OUT_AFTER = Outcome("times_out_after", trouble="timeout", troubled_calls=1, done_despite=True)
TIMES_OUT_BEFORE = Outcome("times_out_before", trouble="timeout", troubled_calls=1)
RATE_LIMITED = Outcome("rate_limited", trouble="rate_limited", troubled_calls=2)
SERVER_ERROR = Outcome("server_error", trouble="server_error", troubled_calls=2)
GARBAGE = Outcome("garbage", trouble="garbage", troubled_calls=1, done_despite=True)
BANK_SUCCEEDS = Outcome("bank_succeeds", "pending", later="succeeded")
BANK_FAILS = Outcome(
    "bank_fails",
    "pending",
    later="failed",
    code="declined",
    message="The customer's bank does not take the money: the account is closed.",
)
FAILS_LATE = Outcome(
    "fails_late",
    later="failed",
    code="expired_or_canceled_card",
    message="The card has expired or was canceled, and its bank sent the money back.",
)
NEVER_ANSWERS = Outcome("never_answers", trouble="timeout", troubled_calls=ALWAYS)

BY_CARD = {
    "0002": SOFT_DECLINE,
    "9979": HARD_DECLINE,
    "3184": NEEDS_ACTION,
    "0119": TIMES_OUT_AFTER,
    "0127": TIMES_OUT_BEFORE,
    "0069": RATE_LIMITED,
    "0341": SERVER_ERROR,
    "0010": GARBAGE,
    "3201": BANK_SUCCEEDS,
    "7726": BANK_SUCCEEDS,
    "3202": BANK_FAILS,
    "5126": FAILS_LATE,
    "0051": NEVER_ANSWERS,
}
AMOUNT_DECIDES = "0077"
BY_AMOUNT = {
    1: SOFT_DECLINE,
    2: HARD_DECLINE,
    3: NEEDS_ACTION,
    4: TIMES_OUT_AFTER,
    5: TIMES_OUT_BEFORE,
    6: RATE_LIMITED,
    7: SERVER_ERROR,
    8: GARBAGE,
    9: BANK_SUCCEEDS,
    10: BANK_FAILS,
    11: FAILS_LATE,
    12: NEVER_ANSWERS,
}


def outcome_of(card: str, amount_minor: int) -> Outcome:
    """What a refund of this amount to this card comes to."""
    if card == AMOUNT_DECIDES:
        return BY_AMOUNT.get(amount_minor % 100, SUCCEEDS)
    return BY_CARD.get(card, SUCCEEDS)
