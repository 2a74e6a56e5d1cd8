"""YooKassa's payments."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from billing.gateways.amounts import from_decimal
from billing.gateways.facts import AttemptFact, PaymentFact
from billing.gateways.paypal_objects.reading import at
from billing.gateways.stripe_objects.reading import Unreadable, free_text, part, text, word
from billing.money import Money

type Body = Mapping[str, Any]

YOOKASSA = "yookassa"
STATES = {
    "pending": "pending",
    "waiting_for_capture": "authorized",
    "succeeded": "succeeded",
    "canceled": "canceled",
}
#: A payment that somebody stopped, or that nobody finished, was canceled; after any other reason it failed.
STOPPED = frozenset(
    {
        "canceled_by_merchant",
        "deal_expired",
        "expired_on_capture",
        "expired_on_confirmation",
        "loan_declined_by_payer",
    }
)
KINDS = {"bank_card": "card", "sbp": "bank_transfer", "b2b_sberbank": "bank_transfer"}
WALLETS = frozenset({"apple_pay", "google_pay", "qiwi", "sber_loan", "sberbank", "tinkoff_bank", "yoo_money"})
BRANDS = {"americanexpress": "amex", "dinersclub": "diners", "discovercard": "discover"}


def own_id(body: Body) -> str:
    found = text(body.get("id"), 255)
    if not found:
        raise Unreadable("An object of YooKassa's without an id cannot be recorded.")
    return found


def money(found: Any) -> Money:
    if not isinstance(found, Mapping):
        raise Unreadable("An object of YooKassa's names no amount.")
    return from_decimal(found.get("value"), found.get("currency"))


def payment(body: Body, as_of: datetime) -> PaymentFact:
    """A payment. What was refunded of it stands in its refunds, which tell of themselves."""
    status = text(body.get("status"), 40)
    if status not in STATES:
        raise Unreadable(f"{own_id(body)} is {status or 'in no state'}, which the desk does not know.")
    amount = money(body.get("amount"))
    why = word(part(body, "cancellation_details").get("reason"), 64)
    state = STATES[status]
    if state == "canceled" and why and why not in STOPPED:
        state = "failed"
    created = at(body.get("created_at")) or as_of
    won = state == "succeeded"
    at_last = (at(body.get("captured_at")) or created) if won else None
    method = part(body, "payment_method")
    fee = _fee(body, amount) if won else None
    tried = AttemptFact(
        gateway=YOOKASSA,
        gateway_id=own_id(body),
        at=at_last or created,
        state=state,
        amount_minor=amount.minor,
        as_of=as_of,
        code=why,
        captured_minor=amount.minor if won else 0,
        method_kind=_kind(method),
        card_brand=_brand(method),
        card_last4=_last_four(method),
        fee_minor=fee,
        fee_id=f"{own_id(body)}:fee" if fee else "",
    )
    return PaymentFact(
        gateway=YOOKASSA,
        gateway_id=own_id(body),
        customer_id=_customer_id(body),
        state=state,
        currency=amount.currency,
        amount_minor=amount.minor,
        captured_minor=amount.minor if won else 0,
        created_at=created,
        as_of=as_of,
        failure_code=why if state in ("failed", "canceled") else "",
        description=free_text(body.get("description"), 300),
        succeeded_at=at_last,
        attempts=(tried,),
    )


def _customer_id(body: Body) -> str:
    """The shop's own name for the customer. Shops are told to use an e-mail address or a telephone number:
    such a name is kept as a digest, which is still the same for the same customer."""
    found = text(body.get("merchant_customer_id"), 200)
    return found if word(found, 200) == found else f"id_{sha256(found.encode()).hexdigest()[:32]}"


def _kind(method: Body) -> str:
    kind = text(method.get("type"), 40)
    if not kind:
        return ""
    return KINDS.get(kind) or ("wallet" if kind in WALLETS else "other")


def _brand(method: Body) -> str:
    found = word(part(method, "card").get("card_type"), 24).lower().replace(" ", "")
    return BRANDS.get(found, found)


def _last_four(method: Body) -> str:
    found = text(part(method, "card").get("last4"), 20)
    return found if len(found) == 4 and found.isascii() and found.isdigit() else ""


def _fee(body: Body, amount: Money) -> int | None:
    """What does not reach us of the amount, where YooKassa says what does."""
    if not isinstance(body.get("income_amount"), Mapping):
        return None
    income = money(body["income_amount"])
    return amount.minor - income.minor if income.currency == amount.currency else None
