"""What can be done with credits; each verb is one transaction under the account's lock."""

from billing.credits.approving import hold_run
from billing.credits.bulk import grant_row
from billing.credits.burning import burn
from billing.credits.expiring import Warned, expire_due, warn_before_expiry
from billing.credits.giving import Gift, give, transfer_by_hand, undo, verdict_on
from billing.credits.granting import Cause, Renewal, grant, grant_many
from billing.credits.moving import move_expiry, take_back, transfer
from billing.credits.reversing import claw_back, preview_claw, reverse
from billing.credits.store import give_store_credit, use_store_credit
from billing.credits.told import Moved, Short

__all__ = [
    "Cause",
    "Gift",
    "Moved",
    "Renewal",
    "Short",
    "Warned",
    "burn",
    "claw_back",
    "expire_due",
    "give",
    "give_store_credit",
    "grant",
    "grant_many",
    "grant_row",
    "hold_run",
    "move_expiry",
    "preview_claw",
    "reverse",
    "take_back",
    "transfer",
    "transfer_by_hand",
    "undo",
    "use_store_credit",
    "verdict_on",
    "warn_before_expiry",
]
