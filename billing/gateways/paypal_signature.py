"""Whether PayPal signed a message: with its certificate, or by asking PayPal.

Signed is ``transmission_id|transmission_time|webhook_id|crc32 of the raw body`` with RSA and SHA-256
(https://developer.paypal.com/api/rest/webhooks/rest/). The webhook's id is that of our endpoint as PayPal
knows it, so a message to somebody else's endpoint does not pass for one to ours.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from billing.gateways.paypal import PayPal
from billing.gateways.paypal_certificates import BadCertificate, key_at, require_paypal
from billing.gateways.paypal_objects.reading import at

HEADERS = {
    "transmission_id": "paypal-transmission-id",
    "transmission_time": "paypal-transmission-time",
    "transmission_sig": "paypal-transmission-sig",
    "cert_url": "paypal-cert-url",
    "auth_algo": "paypal-auth-algo",
}
ALGORITHM = "SHA256WITHRSA"

_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)")
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{40,1400}={0,2}")


class BadSignature(Exception):
    """A message that PayPal did not sign, or signed too long ago. ``reason`` is one word for counting."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(reason, sentence)
        self.reason, self.sentence = reason, sentence


@dataclass(frozen=True, slots=True)
class Transmission:
    """The five headers, each in the form that PayPal sends."""

    transmission_id: str
    transmission_time: str
    transmission_sig: str
    cert_url: str
    auth_algo: str


def transmission(headers: Mapping[str, str], *, tolerance: timedelta, now: datetime) -> Transmission:
    """Raises `BadSignature` for headers that are missing, malformed, too old or of a clock ahead of ours."""
    found = {name: headers.get(header, "") for name, header in HEADERS.items()}
    if not all(found.values()):
        raise BadSignature("missing", "The message carries no signature, or not all of it.")
    told = Transmission(**found)
    sent = at(told.transmission_time) if _TIME.fullmatch(told.transmission_time) else None
    sound = (
        _ID.fullmatch(told.transmission_id)
        and _SIGNATURE.fullmatch(told.transmission_sig)
        and told.auth_algo.upper() == ALGORITHM
    )
    if sent is None or not sound:
        raise BadSignature("malformed", "The signature is not in the form that PayPal sends.")
    if sent < now - tolerance:
        raise BadSignature("too_old", "The message was sent too long ago.")
    if sent > now + tolerance:
        raise BadSignature("too_new", "The message is from a clock that is ahead of ours.")
    return told


def check_with_certificate(
    body: bytes, told: Transmission, webhook_ids: Sequence[str], *, now: datetime
) -> None:
    """Raises `BadSignature` unless one of the webhook's ids was signed with the body, by PayPal."""
    try:
        key = key_at(told.cert_url, now=now)
        signature = base64.b64decode(told.transmission_sig, validate=True)
    except BadCertificate as refusal:
        raise BadSignature("certificate", str(refusal)) from None
    except binascii.Error:
        raise BadSignature("malformed", "The signature is not in the form that PayPal sends.") from None
    if not any(_signs(key, signature, signed(told, each, body)) for each in webhook_ids):
        raise BadSignature("mismatch", "The signature matches none of our webhook ids.")


def check_by_asking(body: bytes, told: Transmission, webhook_ids: Sequence[str]) -> None:
    """Raises `BadSignature` unless PayPal says that it signed, and what the gateway raises."""
    try:
        require_paypal(told.cert_url)
    except BadCertificate as refusal:
        raise BadSignature("certificate", str(refusal)) from None
    facts = {name: getattr(told, name) for name in HEADERS}
    paypal = PayPal()
    if not any(paypal.says_it_signed({**facts, "webhook_id": each}, body) for each in webhook_ids):
        raise BadSignature("mismatch", "PayPal says that it did not sign this message.")


def signed(told: Transmission, webhook_id: str, body: bytes) -> bytes:
    crc = zlib.crc32(body) & 0xFFFFFFFF
    return f"{told.transmission_id}|{told.transmission_time}|{webhook_id}|{crc}".encode()


def _signs(key: RSAPublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message, PKCS1v15(), SHA256())
    except InvalidSignature:  # quiet: another webhook id may fit
        return False
    return True
