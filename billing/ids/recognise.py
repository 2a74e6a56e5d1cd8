"""What a text typed or pasted into the palette is the name of, by its looks alone."""

import re
from dataclasses import dataclass
from typing import Literal

from babel import Locale

from billing.ids.references import is_reference, normalise

__all__ = ["Kind", "Recognised", "classify"]

type Kind = Literal[
    "empty",
    "reference",
    "gateway_id",
    "invoice_number",
    "card_last4",
    "card_number",
    "email",
    "amount",
    "text",
]

GATEWAY_NOUNS = {
    "cus": "customer",
    "in": "invoice",
    "pi": "payment",
    "ch": "charge",
    "py": "charge",
    "pm": "payment_method",
    "re": "refund",
    "pyr": "refund",
    "evt": "event",
    "sub": "subscription",
    "si": "subscription_item",
    "price": "price",
    "prod": "product",
    "dp": "dispute",
    "du": "dispute",
    "cn": "credit_note",
    "po": "payout",
    "txn": "balance_transaction",
    "req": "request",
}

GATEWAY_ID = re.compile(r"([a-z]{2,5})_((?:test_|live_)?[A-Za-z0-9]{4,})")
CARD = re.compile(
    r"(?:(?:card|visa|mastercard|amex|discover|maestro|jcb|diners|unionpay)\b"
    r"(?:\s+(?:ending|ends)(?:\s+(?:in|with))?)?[\s:*•x.]*|[*•x.]{2,}\s*)([0-9]{4})",
    re.IGNORECASE,
)
INVOICE = re.compile(r"(?:inv(?:oice)?[\s#:]+|#)([A-Z0-9]*[A-Z0-9/-]*[0-9])", re.IGNORECASE)
NUMBER = re.compile(r"[A-Z]{0,8}-?(?:19|20)[0-9]{2}-[0-9]{3,8}|[A-F0-9]{8}-[0-9]{4}", re.IGNORECASE)
EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]{2,}")
SUM = r"[-\u2212]?[0-9][0-9.,'\u2019\u00a0\u202f ]*"
AMOUNT = re.compile(rf"(?:([A-Za-z]{{3}}|[€$£])\s*({SUM})|({SUM}?)\s*([A-Za-z]{{3}}|[€$£]))")
DECIMAL = re.compile(r"[-\u2212]?[0-9]{1,3}(?:[0-9]*|(?:,[0-9]{3})*)\.[0-9]{2}")
SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP"}
CARD_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){12,18}")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the text is: its kind, its value in canonical form, and what kind of object that names.

    `noun` is a reference's prefix ("REF") or a gateway id's object ("refund"); `currency` belongs to an
    amount, whose `value` is the number as it was written, None if none was given.
    """

    kind: Kind
    value: str
    noun: str | None = None
    currency: str | None = None


def classify(text: str) -> Recognised:
    """The most particular thing the text can be; "text" when it is nothing but words to search for.

    A whole card number becomes "card_number" with only its last four digits as the value: the caller
    must neither search for, log nor keep the rest.
    """
    clean = " ".join(text.split())
    if not clean:
        return Recognised("empty", "")
    digits = re.sub(r"[ -]", "", clean)
    if CARD_NUMBER.fullmatch(clean) and _luhn(digits):
        return Recognised("card_number", digits[-4:])
    reference = normalise(clean)
    if is_reference(reference):
        return Recognised("reference", reference, noun=reference.partition("-")[0])
    if (match := GATEWAY_ID.fullmatch(clean)) and match[1] in GATEWAY_NOUNS:
        return Recognised("gateway_id", clean, noun=GATEWAY_NOUNS[match[1]])
    if EMAIL.fullmatch(clean):
        return Recognised("email", clean.lower())
    if match := CARD.fullmatch(clean):
        return Recognised("card_last4", match[1])
    if match := INVOICE.fullmatch(clean):
        return Recognised("invoice_number", match[1].upper())
    if NUMBER.fullmatch(clean):
        return Recognised("invoice_number", clean.upper())
    return _amount(clean) or Recognised("text", clean)


def _amount(clean: str) -> Recognised | None:
    if DECIMAL.fullmatch(clean):
        return Recognised("amount", clean)
    match = AMOUNT.fullmatch(clean)
    if match is None:
        return None
    unit, number = match[1] or match[4], match[2] or match[3]
    currency = SYMBOLS.get(unit, unit.upper())
    if currency not in Locale("en").currencies:
        return None
    return Recognised("amount", number.strip(), currency=currency)


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
