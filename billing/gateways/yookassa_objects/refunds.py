"""YooKassa's refunds."""

from datetime import datetime

from billing.gateways.errors import Garbage
from billing.gateways.facts import RefundFact
from billing.gateways.paypal_objects.reading import at
from billing.gateways.stripe_objects.reading import part, text, word
from billing.gateways.yookassa_objects.payments import YOOKASSA, Body, money, own_id

#: "canceled" is YooKassa's word for a refund that did not go through, never for one called back.
STATES = {"pending": "pending", "succeeded": "succeeded", "canceled": "failed"}
WHY_FAILED = {
    "insufficient_funds": "Our balance at YooKassa was too low for the refund.",
    "rejected_by_payee": "The customer's bank or wallet declined the refund.",
    "rejected_by_timeout": "The refund was not carried out in time.",
    "yoo_money_account_closed": "The customer's wallet is closed.",
    "payment_basket_id_not_found": "The purchase that the refund belongs to was not found at the bank.",
    "payment_article_number_not_found": "Goods in the refund were not found in the purchase.",
    "payment_tru_code_not_found": "Goods in the refund were not found in the purchase.",
}


def refund(body: Body, *, as_of: datetime | None = None, reference: str = "") -> RefundFact:
    """A refund, vouched for ``as_of``, which is its creation unless told otherwise.

    Raises `Garbage` where a field that every refund has is missing or makes no sense.
    """
    try:
        amount = money(body.get("amount"))
        state = STATES[text(body.get("status"), 40)]
        created = at(body.get("created_at"))
        if created is None:
            raise ValueError("created_at")
        gateway_id = own_id(body)
        code = word(part(body, "cancellation_details").get("reason"), 64)
        own = word(part(body, "metadata").get("reference"), 64)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Garbage("refund_unreadable", "YooKassa's refund cannot be read.") from error
    failed = state == "failed"
    return RefundFact(
        gateway=YOOKASSA,
        gateway_id=gateway_id,
        payment_gateway_id=text(body.get("payment_id"), 255),
        amount_minor=amount.minor,
        currency=amount.currency,
        state=state,
        created_at=created,
        as_of=as_of or created.replace(microsecond=0),
        reference=reference or own,
        failure_code=code if failed else "",
        message=WHY_FAILED.get(code, "YooKassa could not give the money back.") if failed else "",
    )
