"""A copy of any value without what is secret in it, and which names stand before secrets."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from billing.redaction.keys import REMOVED
from billing.redaction.text import redact_text

DEEPEST = 60

_UNDER = """
    password passwd passphrase passcode pwd secret client_secret api_key apikey secret_key private_key
    authorization proxy_authorization cookie set_cookie sessionid session_id session_key
    csrfmiddlewaretoken access_token refresh_token id_token auth_token bearer_token session_token
    card_number cardnumber pan cvc cvv cvc2 cvv2 cvn csc security_code iban account_number
    routing_number sort_code stripe_api_key webhook_secret signing_secret access_key encryption_key
    credentials otp pin fingerprint x_api_key stripe_signature sandbox_signature paypal_transmission_sig
"""
SECRET_NAMES = frozenset(_UNDER.split())
_SECRET_ENDINGS = (
    "_password", "_secret", "_secrets", "_api_key", "_secret_key", "_private_key", "_cvc", "_cvv", "_iban",
    "_access_token", "_refresh_token", "_passphrase", "_card_number",
)  # fmt: skip
#: Whose values are about a person, wherever they stand.
_PERSONAL_WORDS = """
    first_name last_name full_name given_name surname family_name middle_name customer_name cardholder
    cardholder_name card_holder name_on_card holder_name phone phone_number customer_phone
    billing_details billing_address shipping_address address_line1 address_line2 line1 line2 postal_code
    date_of_birth dob
"""
PERSONAL_NAMES = frozenset(_PERSONAL_WORDS.split())


def is_secret_name(name: str) -> bool:
    """Whether what stands under this name is secret, whatever it looks like.

    The word "token" alone does not make it so: token packages and counts of tokens are what is sold.
    """
    plain = name.strip().lower().replace("-", "_")
    return plain in SECRET_NAMES or plain.endswith(_SECRET_ENDINGS)


def is_personal_name(name: str) -> bool:
    return name.strip().lower().replace("-", "_") in PERSONAL_NAMES


def redact(value: Any, name: str = "", *, by_name: bool = True) -> Any:
    """A copy of the value without secrets, down through mappings and sequences, their keys too. Numbers pass
    as they are, unless they are a card's; anything else passes as it is, unless its words hold a secret.
    Without ``by_name`` only texts are looked at, not what the names before them say."""
    return _redact(value, name, 0, by_name)


def _redact(value: Any, name: str, depth: int, by_name: bool = True) -> Any:
    if value is None or value is True or value is False:
        return value
    if by_name and name and value != "" and (is_secret_name(name) or is_personal_name(name)):
        return REMOVED
    if isinstance(value, str):
        return _same(redact_text(value), value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return redact_text(bytes(value).decode("utf-8", "replace"))
    if isinstance(value, int):
        return value if -(10**10) < value < 10**10 else _number(value, str(value))
    if isinstance(value, float):
        return value if abs(value) < 10**10 else _number(value, f"{value:.0f}")
    if depth >= DEEPEST:
        return "[too deep]"
    if isinstance(value, Mapping):
        return {_key(key): _redact(inner, str(key), depth + 1, by_name) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redact(inner, name, depth + 1, by_name) for inner in value]
    return _thing(value)


def _key(key: Any) -> Any:
    return redact_text(key) if isinstance(key, str) else _redact(key, "", DEEPEST)


def _number(value: Any, written: str) -> Any:
    found = redact_text(written.lstrip("-"))
    return value if found == written.lstrip("-") else found


def _same(found: str, value: str) -> str:
    return value if found == value else found


def _thing(value: Any) -> Any:
    """An exception, a model, a dataclass: as it is when its words hold nothing, else its words."""
    if isinstance(value, type) or (dataclasses.is_dataclass(value) and not dataclasses.fields(value)):
        return value
    said = str(value) if isinstance(value, BaseException) else repr(value)
    clean = redact_text(said)
    return value if clean == said else clean
