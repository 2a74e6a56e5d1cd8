"""Stripe at the door: signed over the raw body with a secret of the endpoint."""

import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings

from billing.gateways.stripe import BadSignature, verify_webhook
from billing.webhooks.endpoints import secrets_of
from billing.webhooks.sources.envelope import read_envelope
from billing.webhooks.sources.protocol import Delivery, Incoming, NotSigned

#: "t=1790000000,v1=5257a8…" with further parts in any order; printable and short, whoever sends it.
_SHAPE = re.compile(r"(?=.*(?:^|,)v1=[0-9a-f]{64}(?:,|$))(?:[a-z0-9]{1,8}=[0-9a-f]{1,128}(?:,|$)){1,20}")
_STAMP = re.compile(r"(?:^|,)t=(\d{1,11})(?=,|$)")


class Stripe:
    name = "stripe"

    def verify(self, delivery: Delivery, *, now: datetime) -> None:
        header = delivery.headers.get("stripe-signature", "")
        secrets = secrets_of(self.name, delivery.endpoint)
        check_signature(delivery.body, header, secrets, now=now)

    def read(self, delivery: Delivery, *, now: datetime) -> Incoming:
        return read_envelope(self.name, delivery, now=now)


def check_signature(body: bytes, header: str, secrets: Sequence[str], *, now: datetime) -> None:
    """Raises `NotSigned` unless one of the secrets signed the body within the tolerance."""
    if not header:
        raise NotSigned("missing", "The message carries no signature.")
    stamps = _STAMP.findall(header)
    if not _SHAPE.fullmatch(header) or len(stamps) != 1:
        raise NotSigned("malformed", "The signature is not in the form that Stripe sends.")
    tolerance = timedelta(seconds=settings.WEBHOOK_TOLERANCE_SECONDS)
    away = datetime.fromtimestamp(int(stamps[0]), UTC) - now
    if away < -tolerance:
        raise NotSigned("too_old", "The signature is too old.")
    if away > tolerance:
        raise NotSigned("too_new", "The signature is from a clock that is ahead of ours.")
    try:
        verify_webhook(body, header, secrets, tolerance=tolerance, now=now)
    except BadSignature:
        if not _signed_bytes(body, header, stamps[0], secrets):
            raise NotSigned("mismatch", "The signature matches none of our signing secrets.") from None


def _signed_bytes(body: bytes, header: str, stamp: str, secrets: Sequence[str]) -> bool:
    """The same check for bytes that are no UTF-8: Stripe's library looks at text only, and such a message is
    kept as unreadable when it is signed."""
    try:
        body.decode()
    except UnicodeDecodeError:
        told = [part[3:] for part in header.split(",") if part.startswith("v1=")]
        signed = f"{int(stamp)}.".encode() + body
        ours = [hmac.digest(secret.encode(), signed, "sha256").hex() for secret in secrets]
        return any(hmac.compare_digest(one, other) for one in told for other in ours)
    return False
