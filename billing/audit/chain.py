"""How a seal follows from the one before it."""

import json
from hashlib import sha256

from billing.audit.models import AuditSeal

#: What the first seal follows.
BEGINNING = sha256(b"countinghouse audit trail").hexdigest()


def head_of(seal: AuditSeal) -> str:
    """The SHA-256 over everything that the seal says, with the head before it."""
    said = {
        "number": seal.number,
        "sealed_at": seal.sealed_at.isoformat(),
        "from_xid": seal.from_xid,
        "below_xid": seal.below_xid,
        "count": seal.count,
        "tables": seal.tables,
        "shapes": seal.shapes,
        "digest": seal.digest,
        "previous": seal.previous,
        "is_baseline": seal.is_baseline,
    }
    return sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
