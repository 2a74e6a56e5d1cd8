"""Commitments: terms that customers agreed to stay for, and their ends.

`end_of` and `why_not_now` tell whoever cancels a subscription what binds it; `follow_cancel` and
`follow_undo` are told what became of it. `setting` and `watching` speak with gateways.
"""

from billing.subscriptions.commitments.agreeing import agree_on_commitment, release_commitment
from billing.subscriptions.commitments.canceling import (
    cancel_at_end,
    follow_cancel,
    follow_undo,
    set_again,
    withdraw_cancel,
)
from billing.subscriptions.commitments.queries import commitment_of, end_of, why_not_now

__all__ = [
    "agree_on_commitment",
    "cancel_at_end",
    "commitment_of",
    "end_of",
    "follow_cancel",
    "follow_undo",
    "release_commitment",
    "set_again",
    "why_not_now",
    "withdraw_cancel",
]
