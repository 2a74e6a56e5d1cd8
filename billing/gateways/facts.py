"""What a gateway says about its objects, in our words: plain values that services record.

Times are aware datetimes, amounts minor units of ``currency``. ``as_of`` is the moment the gateway
vouched for the fact; a fact about an earlier moment never overwrites a later one.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RefundFact:
    """A refund as a gateway tells of it. ``state`` is one of ours: pending, requires_action, succeeded,
    failed, canceled. ``reference`` is our own, when the gateway carries it back."""

    gateway: str
    gateway_id: str
    payment_gateway_id: str
    amount_minor: int
    currency: str
    state: str
    created_at: datetime
    as_of: datetime
    reference: str = ""
    reason: str = ""
    failure_code: str = ""
    message: str = ""
