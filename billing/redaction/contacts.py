"""E-mail addresses and telephone numbers in free text."""

import re

#: The name before the sign in one piece, so that a long text without one is read once.
_EMAIL = re.compile(r"(?<![\w.%+'\-])([\w])[\w.%+'\-]*+@((?:[\w\-]++\.)++[^\W\d_]{2,24})(?![\w])")
_QUOTED = re.compile(r"\"[^\"\n@]{1,64}\"@((?:[\w\-]++\.)++[^\W\d_]{2,24})")
_INTERNATIONAL = re.compile(r"(?:(?<![\w+])\+|(?<![\w+\-.])00)[1-9](?:[\s.\-/]?\(?\d\)?){7,14}(?![\w])")
_AMERICAN = re.compile(
    r"(?<![\w.\-])(?:1[\s.\-])?(?:\(\d{3}\)\s?|\d{3}([.\-]))\d{3}[.\- ]\d{4}(?![\w\-]|\.\d)"
)
_RUSSIAN = re.compile(r"(?<![\w.\-])8[\s\-]?\(?9\d{2}\)?[\s\-]\d{3}[\s\-]\d{2}[\s\-]?\d{2}(?![\w\-])")
_NAMED = re.compile(
    r"(?i)((?<![a-z])(?:phone|tel|telephone|mobile|mob|cell|fax|whatsapp|sms|msisdn|телефон|тел)"
    r"(?:[ _-]?(?:number|no|nr))?[\"']?[.:=#\s]{1,4}[\"']?(?:is )?)"
    r"(\(?\d[\d\s.()\-/]{5,18}\d)(?![\w])"
)
#: Fewer digits are no telephone number, unless a word says that they are one.
_SEVEN_DIGITS = re.compile(r"(?:\d\D*+){7}")
_SAID = re.compile(r"phone|tel|mob|cell|fax|whatsapp|sms|msisdn|тел")
PHONE = "[phone]"


def without_contacts(text: str) -> str:
    """The text with addresses cut to their first letter and domain, and without telephone numbers."""
    if "@" in text:
        text = _EMAIL.sub(r"\1…@\2", text)
        if '"@' in text:
            text = _QUOTED.sub(r"…@\1", text)
    if _SEVEN_DIGITS.search(text):
        text = _INTERNATIONAL.sub(_international, text)
        text = _AMERICAN.sub(PHONE, text)
        text = _RUSSIAN.sub(PHONE, text)
    if not text.isascii() or _SAID.search(text.lower()):
        text = _NAMED.sub(rf"\1{PHONE}", text)
    return text


def _international(match: re.Match[str]) -> str:
    """Nine digits at least; after two noughts there must be spaces: numbers are padded with them."""
    found = match.group()
    digits = sum(char.isdecimal() for char in found)
    if found.startswith("00") and found.isdecimal():
        return found
    return PHONE if digits >= (10 if found[1:].isdecimal() else 9) else found
