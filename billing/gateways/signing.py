"""Signatures on messages, in the manner of Stripe: ``t=…,v1=…`` over "t.body"."""

import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

HEADER = "Sandbox-Signature"
_SHAPE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def sign(body: bytes, secret: str, *, now: datetime) -> str:
    """The header for a body sent now."""
    stamp = int(now.timestamp())
    return f"t={stamp},v1={_digest(body, secret, stamp)}"


def verify(body: bytes, header: str, secrets: Sequence[str], *, tolerance: timedelta, now: datetime) -> bool:
    """Whether the body was signed under one of the secrets, no longer ago (or ahead) than ``tolerance``."""
    match = _SHAPE.fullmatch(header)
    if match is None:
        return False
    stamp = int(match[1])
    signed = any(hmac.compare_digest(match[2], _digest(body, secret, stamp)) for secret in secrets if secret)
    return signed and abs(now - datetime.fromtimestamp(stamp, UTC)) <= tolerance


def _digest(body: bytes, secret: str, stamp: int) -> str:
    return hmac.digest(secret.encode(), f"{stamp}.".encode() + body, "sha256").hex()
