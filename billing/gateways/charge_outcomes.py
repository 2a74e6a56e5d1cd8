"""What becomes of a charge at the sandbox: decided by the card, or by the amount. Pure.

The table stands in this folder's README.
"""

from dataclasses import replace

from billing.gateways.outcomes import ALWAYS, AMOUNT_DECIDES, SUCCEEDS, Outcome

DECLINED = Outcome(
    "declined", "failed", code="card_declined", message="The bank declined and did not say why."
)
NO_MONEY = Outcome(
    "no_money", "failed", code="insufficient_funds", message="The account has too little money."
)
EXPIRED = Outcome("expired", "failed", code="expired_card", message="The card has expired.", hard=True)
STOLEN = Outcome("stolen", "failed", code="stolen_card", message="The card was reported stolen.", hard=True)
NEEDS_CUSTOMER = Outcome(
    "needs_customer",
    "failed",
    code="authentication_required",
    message="The bank wants the customer to confirm the payment.",
)
WAITS_FOR_CUSTOMER = Outcome(
    "waits_for_customer", "requires_action", message="The customer must confirm with their bank."
)
TIMES_OUT_AFTER = Outcome("times_out_after", trouble="timeout", troubled_calls=1, done_despite=True)
TIMES_OUT_BEFORE = Outcome("times_out_before", trouble="timeout", troubled_calls=1)
RATE_LIMITED = Outcome("rate_limited", trouble="rate_limited", troubled_calls=1)
SERVER_ERROR = Outcome("server_error", trouble="server_error", troubled_calls=1)
GARBAGE = Outcome("garbage", trouble="garbage", troubled_calls=1, done_despite=True)
NEVER_ANSWERS = Outcome("never_answers", trouble="timeout", troubled_calls=ALWAYS)
SUCCEEDS_LATER = Outcome("succeeds_later", "pending", later="succeeded")
FAILS_LATER = replace(NO_MONEY, name="fails_later", state="pending", later="failed")
HARD_TO_FIND = replace(TIMES_OUT_AFTER, name="hard_to_find", silent_lookups=2)

BY_CARD = {
    "0002": DECLINED,
    "9995": NO_MONEY,
    "0069": EXPIRED,
    "9979": STOLEN,
    "3155": NEEDS_CUSTOMER,
    "3184": WAITS_FOR_CUSTOMER,
    "6001": TIMES_OUT_AFTER,
    "6002": TIMES_OUT_BEFORE,
    "6003": RATE_LIMITED,
    "6004": SERVER_ERROR,
    "6005": GARBAGE,
    "6006": NEVER_ANSWERS,
    "6007": SUCCEEDS_LATER,
    "6008": FAILS_LATER,
    "6009": HARD_TO_FIND,
}
BY_AMOUNT = {
    31: DECLINED,
    32: NO_MONEY,
    33: EXPIRED,
    34: STOLEN,
    35: NEEDS_CUSTOMER,
    36: WAITS_FOR_CUSTOMER,
    41: TIMES_OUT_AFTER,
    42: TIMES_OUT_BEFORE,
    43: RATE_LIMITED,
    44: SERVER_ERROR,
    45: GARBAGE,
    46: NEVER_ANSWERS,
    47: SUCCEEDS_LATER,
    48: FAILS_LATER,
    49: HARD_TO_FIND,
}
#: What a person may choose to pay with on the sandbox's own page.
ON_THE_PAGE = ("4242", "0002", "9995", "0069", "6007")


def charge_outcome(card: str, amount_minor: int) -> Outcome:
    """What a charge of this amount to this card comes to."""
    if card == AMOUNT_DECIDES:
        return BY_AMOUNT.get(amount_minor % 100, SUCCEEDS)
    return BY_CARD.get(card, SUCCEEDS)


def card_of(method_gateway_id: str) -> str:
    """The last four digits that a method's id ends with (`sbx_pm_7K2M_0002`); 4242 for any other id."""
    tail = method_gateway_id.rpartition("_")[2]
    return tail if len(tail) == 4 and tail.isdigit() else "4242"
