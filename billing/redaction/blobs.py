"""Texts inside of texts: words in base64 or in hexadecimal that say more than their letters do."""

import base64
import binascii
import re
from collections.abc import Callable

from billing.redaction.keys import REMOVED

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_\-=])[A-Za-z0-9+/_\-]{18,}+={0,2}")
_HEX = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{26,}+")


def without_blobs(text: str, scan: Callable[[str], str]) -> str:
    """The text without what decodes to a text that ``scan`` would take something out of.

    Ids, digests and keys decode to bytes that are no text, and stay.
    """
    if len(text) < 18:
        return text

    def clean(blob: re.Match[str], inside: str) -> str:
        return REMOVED if inside and scan(inside) != inside else blob.group()

    text = _HEX.sub(lambda blob: clean(blob, _of_hex(blob.group())), text)
    return _BASE64.sub(lambda blob: clean(blob, _of_base64(blob.group())), text)


def _of_base64(word: str) -> str:
    plain = word.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return _readable(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))
    except binascii.Error:  # quiet: a word that is no base64 holds nothing
        return ""


def _of_hex(word: str) -> str:
    return _readable(bytes.fromhex(word)) if len(word) % 2 == 0 else ""


def _readable(found: bytes) -> str:
    try:
        text = found.decode()
    except UnicodeDecodeError:  # quiet: bytes, not words
        return ""
    return text if "".join(text.split()).isprintable() else ""
