"""What a kept value must look like: nobody can hide a card number in an id, or a sentence in a status.

A shape takes a value and gives what is kept of it, or `REFUSED`.
"""

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from billing.redaction import redact_text

type Shape = Callable[[Any], Any]

LONGEST_TEXT = 300
LARGEST = 2**63
REFUSED: Any = object()

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:\-]{0,254}")
_WORD = re.compile(r"[a-z][a-z0-9_.\-]{0,63}|[A-Z][A-Z0-9_.\-]{0,63}")
_CURRENCY = re.compile(r"[A-Za-z]{3,5}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,12})?")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]{4,20}(?:Z|[+-][0-9:]{4,6})?)?|[0-9]{9,13}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [A-Z]{3,4})?")
_PAYPAL_LINK = re.compile(
    r"https://api(?:-m)?(?:\.sandbox)?\.paypal\.com/v[12](?:/[A-Za-z0-9][A-Za-z0-9_-]{0,63}){2,6}"
)
_TAIL = re.compile(r"[0-9A-Za-z]{2,4}")
_BRANDS = """
amex american_express cartes_bancaires diners diners_club discover eftpos_au elo hiper jcb link maestro
mastercard mir rupay troy unionpay union_pay verve visa visa_electron unknown
"""
BRANDS = frozenset(_BRANDS.split())


def _matching(pattern: re.Pattern[str]) -> Shape:
    """Remembers what it was shown last: statuses, currencies and types come in every message."""

    @lru_cache(maxsize=2048)
    def shape(value: Any) -> Any:
        if not isinstance(value, str) or not pattern.fullmatch(value) or redact_text(value) != value:
            return REFUSED
        return value

    return shape


def number(value: Any) -> Any:
    """A number as JSON has it, or as decimal digits; a card's number is none."""
    if isinstance(value, bool):
        return REFUSED
    if isinstance(value, int):
        small = -LARGEST <= value < LARGEST and (
            -(10**11) < value < 10**11 or redact_text(str(value)) == str(value)
        )
        return value if small else REFUSED
    if isinstance(value, float):
        return value if math.isfinite(value) and abs(value) < LARGEST else REFUSED
    return decimal(value)


def flag(value: Any) -> Any:
    return value if isinstance(value, bool) else REFUSED


def moment(value: Any) -> Any:
    return number(value) if isinstance(value, int) else iso(value)


def brand(value: Any) -> Any:
    """A card's network: one of those that there are."""
    known = isinstance(value, str) and value.lower().replace(" ", "_") in BRANDS
    return value if known else REFUSED


def text(value: Any) -> Any:
    return redact_text(value)[:LONGEST_TEXT] if isinstance(value, str) else REFUSED


def atom(value: Any) -> Any:
    """A flag, a number or something that looks like an id."""
    if isinstance(value, bool):
        return value
    return number(value) if isinstance(value, (int, float)) else identifier(value)


identifier = _matching(_ID)
word = _matching(_WORD)
currency = _matching(_CURRENCY)
decimal = _matching(_DECIMAL)
iso = _matching(_MOMENT)
day = _matching(_DAY)
paypal_link = _matching(_PAYPAL_LINK)
tail = _matching(_TAIL)

SHAPES: dict[str, Shape] = {
    "atom": atom,
    "brand": brand,
    "currency": currency,
    "day": day,
    "flag": flag,
    "id": identifier,
    "moment": moment,
    "number": number,
    "paypal_link": paypal_link,
    "tail": tail,
    "text": text,
    "word": word,
}
_NAMES: dict[str, str] = {
    "id": "id",
    "word": "object status state reason failure_reason type interval collection_method capture_method "
    "tax_behavior duration behavior cancellation_reason decline_code failure_code",
    "currency": "currency currency_code",
    "brand": "brand",
    "tail": "last4",
    "flag": "active deleted delinquent paid captured refunded disputed livemode cancel_at_period_end "
    "has_more is_default is_charge_refundable has_evidence past_due inclusive",
    "number": "amount total fee net quantity value percent_off exp_month exp_year submission_count",
    "moment": "created canceled_at cancel_at ended_at start_date trial_start trial_end due_by resumes_at "
    "current_period_start current_period_end billing_cycle_anchor effective_at voided_at as_of",
}
_BY_NAME = {name: SHAPES[shape] for shape, names in _NAMES.items() for name in names.split()}
_BY_ENDING = (
    (("_at", "_time", "_date"), moment),
    (("_amount", "_minor", "_count", "_decimal"), number),
    (("_currency", "_currency_code"), currency),
    (("_id",), identifier),
)


def of_name(name: str) -> Shape:
    """The shape of a field by its name; `atom` for one whose name tells nothing."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name.startswith("amount_"):
        return number
    return next((shape for endings, shape in _BY_ENDING if name.endswith(endings)), atom)
