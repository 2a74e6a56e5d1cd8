"""Which cards are the same card, without keeping what would tell anybody else."""

import hashlib
import hmac

from django.conf import settings

PURPOSE = b"countinghouse.card-fingerprint.v1"


def fingerprint_hash(gateway: str, fingerprint: str) -> str:
    """64 hexadecimal digits under a key derived from the site's secret key; "" for no fingerprint.

    Equal for the same card at the same gateway; worthless without the secret key.
    """
    if not fingerprint:
        return ""
    key = hmac.digest(settings.SECRET_KEY.encode(), PURPOSE, hashlib.sha256)
    return hmac.new(key, f"{gateway}:{fingerprint}".encode(), hashlib.sha256).hexdigest()
