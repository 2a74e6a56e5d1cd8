"""Takes what is secret out of anything that is about to be logged or kept.

Card numbers (13 to 19 digits that pass Luhn's check), IBANs (by their checksum), API keys and signing
secrets, bearer and JSON web tokens, passwords in URLs and values under secret names are replaced; e-mail
addresses in free text keep their first letter and their domain. Our own references and ids stay readable.
"""

import re
from collections.abc import Mapping
from typing import Any

REMOVED = "[removed]"

_CARD = re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-])")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2} ?\d{2}(?: ?[A-Z0-9]){10,30}(?![a-z])")
_KEY = re.compile(r"\b(?:sk|rk|pk)_(?:test|live)_[A-Za-z0-9_]{4,}|\bwhsec_[A-Za-z0-9+/=_-]{4,}")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*")
_CREDENTIALS = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@:]*:[^\s/@]+@")
_EMAIL = re.compile(r"\b([A-Za-z0-9])[A-Za-z0-9._%+-]*@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
_ASSIGNED = re.compile(
    r"(?i)\b(password|passwd|passphrase|secret|client_secret|api_?key|authorization|cvc|cvv|access_token|refresh_token)"
    r"(\"?\s*[=:]\s*\"?)([^\s\"'&,;}]+)"
)

SECRET_NAMES = frozenset(
    {
        "password",
        "passwd",
        "passphrase",
        "secret",
        "client_secret",
        "api_key",
        "apikey",
        "secret_key",
        "private_key",
        "authorization",
        "cookie",
        "set_cookie",
        "sessionid",
        "csrfmiddlewaretoken",
        "access_token",
        "refresh_token",
        "id_token",
        "bearer_token",
        "card_number",
        "pan",
        "cvc",
        "cvv",
        "cvv2",
        "iban",
        "account_number",
        "stripe_api_key",
        "webhook_secret",
        "signing_secret",
    }
)
_SECRET_ENDINGS = ("_password", "_secret", "_secrets", "_api_key", "_secret_key", "_private_key", "_cvc")


def is_secret_name(name: str) -> bool:
    """Whether what stands under this name is secret, whatever it looks like.

    The word "token" alone does not make it so: token packages and counts of tokens are what is sold.
    """
    plain = name.strip().lower().replace("-", "_")
    return plain in SECRET_NAMES or plain.endswith(_SECRET_ENDINGS)


def passes_luhn(digits: str) -> bool:
    """Luhn's check (ISO/IEC 7812-1): the weighted sum of the digits is a multiple of ten."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and len(set(digits)) > 1


def is_iban(text: str) -> bool:
    """ISO 13616: the first four characters moved to the end, letters as numbers, remainder 1 by 97."""
    plain = text.replace(" ", "").upper()
    if not 15 <= len(plain) <= 34 or not plain[2:4].isdigit():
        return False
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(char, 36)) for char in moved)) % 97 == 1


def _card(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match.group())
    return f"[card …{digits[-4:]}]" if passes_luhn(digits) else match.group()


def _iban(match: re.Match[str]) -> str:
    """The longest beginning of the match that is an IBAN: words in capitals may follow it."""
    found = match.group()
    for end in range(len(found), 14, -1):
        if not found[end - 1].isspace() and is_iban(found[:end]):
            return f"[IBAN …{found[:end].replace(' ', '')[-2:]}]" + found[end:]
    return found


def redact_text(text: str) -> str:
    """The text without what is secret in it."""
    text = _CREDENTIALS.sub(rf"\1{REMOVED}@", text)
    text = _JWT.sub(REMOVED, text)
    text = _BEARER.sub(rf"\1 {REMOVED}", text)
    text = _KEY.sub(REMOVED, text)
    text = _ASSIGNED.sub(rf"\1\2{REMOVED}", text)
    text = _IBAN.sub(_iban, text)
    text = _CARD.sub(_card, text)
    return _EMAIL.sub(r"\1…@\2", text)


def redact(value: Any, name: str = "") -> Any:
    """A copy of the value without secrets, down through mappings and sequences. Numbers pass as they are,
    unless they are a card's."""
    if name and is_secret_name(name) and value not in (None, "", False, True):
        return REMOVED
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, bytes):
        return redact_text(value.decode("utf-8", "replace"))
    if isinstance(value, Mapping):
        return {key: redact(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact(inner, name) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and len(str(abs(value))) >= 13:
        text = redact_text(str(value))
        return value if text == str(value) else text
    return value
