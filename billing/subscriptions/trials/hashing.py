"""What identifies a person, as keyed hashes that can be compared and not read."""

import hashlib
import hmac

from django.conf import settings

PURPOSE = b"countinghouse.trial-marks.v1"


def mark_hash(kind: str, value: str) -> str:
    """64 hexadecimal digits under a key derived from the site's secret key.

    Equal for equal values of a kind, across customers; worthless without the secret key. The values come
    from `sameness`, or are hashes of cards' fingerprints already.
    """
    key = hmac.digest(settings.SECRET_KEY.encode(), PURPOSE, hashlib.sha256)
    return hmac.new(key, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()
