"""Stripe's customers and payment methods."""

from datetime import datetime

from billing.gateways.facts import CustomerFact, MethodFact, PersonFact
from billing.gateways.fingerprints import fingerprint_hash
from billing.gateways.stripe_objects.reading import (
    STRIPE,
    Body,
    at,
    id_of,
    listed,
    own_id,
    part,
    text,
    whole,
    word,
)

CARD_NUMBERS = frozenset("0123456789")
#: Stripe's kinds of method, in the desk's; all others are "other".
KINDS = {
    "card": "card",
    "card_present": "card",
    "interac_present": "card",
    "sepa_debit": "sepa_debit",
    "customer_balance": "bank_transfer",
    "bank_account": "bank_transfer",
    "us_bank_account": "bank_transfer",
    "acss_debit": "bank_transfer",
    "au_becs_debit": "bank_transfer",
    "bacs_debit": "bank_transfer",
    "ach_debit": "bank_transfer",
    "ach_credit_transfer": "bank_transfer",
    "sofort": "bank_transfer",
    "ideal": "bank_transfer",
    "bancontact": "bank_transfer",
    "link": "wallet",
    "paypal": "wallet",
    "alipay": "wallet",
    "wechat_pay": "wallet",
    "cashapp": "wallet",
    "amazon_pay": "wallet",
    "revolut_pay": "wallet",
}


def customer(body: Body, as_of: datetime) -> CustomerFact:
    """A customer, or the stump that Stripe keeps of a deleted one."""
    deleted = body.get("deleted") is True
    address = part(body, "address") or part(body, "shipping", "address")
    locales = body.get("preferred_locales")
    locale = locales[0] if isinstance(locales, list) and locales else ""
    default = part(body, "invoice_settings").get("default_payment_method") or body.get("default_source")
    return CustomerFact(
        gateway=STRIPE,
        gateway_id=own_id(body),
        created_at=at(body.get("created")),
        as_of=as_of,
        person=None if deleted else person(body),
        country=text(address.get("country"), 2).upper(),
        currency=text(body.get("currency"), 3).upper(),
        locale=text(locale, 16),
        default_method_id=id_of(default),
        is_deleted=deleted,
        reference=word(part(body, "metadata").get("reference"), 24),
    )


def person(body: Body) -> PersonFact:
    address = part(body, "address") or part(body, "shipping", "address")
    tax_ids = listed(body, "tax_ids")
    return PersonFact(
        name=text(body.get("name"), 200) or text(body.get("description"), 200),
        email=text(body.get("email"), 254),
        line1=text(address.get("line1"), 200),
        line2=text(address.get("line2"), 200),
        city=text(address.get("city"), 120),
        region=text(address.get("state"), 120),
        postal_code=text(address.get("postal_code"), 32),
        phone=text(body.get("phone"), 40),
        tax_id=(text(tax_ids[0].get("value"), 40) if tax_ids else "") if "tax_ids" in body else None,
    )


def payment_method(body: Body, as_of: datetime) -> MethodFact:
    """A payment method, or a card, bank account or source of the older kind.

    A message about one of those that was deleted still names the customer whose it was.
    """
    kind = text(body.get("type"), 40) or text(body.get("object"), 40)
    card = part(body, "card") or (body if body.get("object") == "card" else {})
    details = card or part(body, kind) or (body if kind == "bank_account" else {})
    return MethodFact(
        gateway=STRIPE,
        gateway_id=own_id(body),
        customer_id="" if body.get("deleted") is True else id_of(body.get("customer")),
        kind="card" if card else KINDS.get(kind, "other"),
        created_at=at(body.get("created")),
        as_of=as_of,
        brand=brand(details),
        last4=last_four(details),
        exp_month=whole(details.get("exp_month")) or None,
        exp_year=whole(details.get("exp_year")) or None,
        fingerprint_hash=fingerprint_hash(STRIPE, text(details.get("fingerprint"), 100)),
    )


def brand(details: Body) -> str:
    """ "Visa" and "visa" are the same brand; a bank's code stands in for one."""
    found = text(details.get("brand"), 24) or text(details.get("bank_code"), 24) or ""
    return found.lower().replace(" ", "_")


def last_four(details: Body) -> str:
    """Four digits or nothing: a longer value is never cut down to look like one."""
    found = details.get("last4")
    return found if isinstance(found, str) and len(found) == 4 and set(found) <= CARD_NUMBERS else ""
