"""What people did with credits, in the history that people read."""

from datetime import datetime
from typing import Any

from billing.credits.models import CreditAccount
from billing.credits.told import Moved
from billing.history.actors import Actor
from billing.history.services import record

__all__ = ["tell"]


def tell(moved: Moved, kind: str, *, actor: Actor, now: datetime, reason: str = "", **facts: Any) -> None:
    """An entry about the account, once for each movement."""
    if moved.repeated:
        return
    account = CreditAccount.objects.get(pk=moved.account_id)
    record(
        account,
        f"credits.{kind}",
        actor=actor,
        now=now,
        reason=reason,
        entry=moved.entry_id,
        amount=moved.amount,
        balance_after=moved.balance_after,
        **{"unit": account.unit, "currency": account.currency, **facts},
    )
