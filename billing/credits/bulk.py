"""Granting to many customers by hand: what a bulk run does to one row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billing.credits import approving
from billing.credits.granting import grant
from billing.credits.models import CreditSource, CreditUnit
from billing.credits.store import give_store_credit
from billing.history.actors import Actor
from billing.jobs.kinds import row_handler
from billing.jobs.models import RunRow
from billing.money import Money

__all__ = ["grant_row"]


@row_handler("credits.grant", subject="customer")
def grant_row(row: RunRow, asked: Mapping[str, Any], *, actor: Actor, now: datetime) -> str:
    """One customer of a bulk grant.

    ``asked``: unit, amount, reason; and source, currency, expires_at (ISO) where they apply. Its key is the
    run's and the customer's, so that a row done again grants nothing twice.
    """
    approving.may_run(row.run_id, asked)
    until = asked.get("expires_at")
    expires_at = datetime.fromisoformat(until) if until else None
    key = f"run:{row.run_id}:{row.subject_id}"
    if asked["unit"] == CreditUnit.MONEY:
        amount = Money(asked["amount"], asked["currency"])
        moved = give_store_credit(
            customer_id=row.subject_id, amount=amount, actor=actor, now=now, key=key,
            reason=asked["reason"], expires_at=expires_at,
        )  # fmt: skip
        return f"Granted {amount}; the balance is {Money(moved.balance_after, amount.currency)}"
    moved = grant(
        customer_id=row.subject_id, unit=asked["unit"], amount=asked["amount"],
        source=asked.get("source", CreditSource.GOODWILL), actor=actor, now=now, key=key,
        reason=asked["reason"], expires_at=expires_at,
    )  # fmt: skip
    return f"Granted {moved.amount:,}; the balance is {moved.balance_after:,}"
