"""Requests above a limit, as they were asked for and decided."""

from datetime import datetime
from typing import Any

from billing.approvals import rules
from billing.approvals.defaults import defaults_for
from billing.approvals.rules import ONE
from billing.demo.book import Row
from billing.demo.world import World
from billing.history.actors import Actor
from billing.money import Money
from billing.refunds.approving import ACTION
from billing.refunds.models import RefundReason

__all__ = ["asked", "decided"]


def asked(world: World, at: datetime, refund: Row, asker: Actor) -> Row:
    """The request for a refund that waits, bound to what the refund says."""
    book = world.book
    money = Money(refund["amount_minor"], refund["currency"])
    reason = str(RefundReason(refund["reason"]).label)
    if refund["note_internal"]:
        reason = f"{reason}: {refund['note_internal']}"
    params = {
        "refund": refund["reference"],
        "reason": refund["reason"],
        "payment": str(refund["payment_id"]),
    }
    row = book.add(
        "approval",
        reference=book.mint.reference("APP", at.date()),
        action=ACTION,
        target_kind="refund",
        target_id=refund["id"],
        target_label=refund["reference"],
        customer_id=refund["customer_id"],
        currency=money.currency,
        amount_minor=money.minor,
        reason=reason,
        params=params,
        digest=rules.digest(ACTION, f"refund:{refund['id']}", money, reason, params),
        rule=_rule(money),
        state="requested",
        asked_by_ref=asker.ref,
        asked_by_name=asker.name,
        asked_at=at,
        expires_at=at + rules.LASTS,
    )
    book.born("approval", row, at, asker, reason=reason, money=money)
    return row


def decided(world: World, at: datetime, row: Row, state: str, who: Actor, why: str, result: str = "") -> None:
    """What became of it; a yes is done in the same moment."""
    columns: dict[str, Any] = {}
    if state in ("approved", "rejected"):
        columns = {
            "decided_by_ref": who.ref,
            "decided_by_name": who.name,
            "decided_at": at,
            "decision_reason": why,
        }
    world.book.move("approval", row, state, at, who, reason=why, **columns)
    if state == "approved":
        world.book.move("approval", row, "executed", at, who, reason=result, executed_at=at, result=result)


def _rule(money: Money) -> str:
    """The sentence of the limit it was above: of the day, where the amount alone is below."""
    limits = {limit.scope: limit.amount for limit in defaults_for("support", ACTION, money.currency)}
    one = limits.get(ONE)
    if not isinstance(one, Money):
        return f"support: no limit is set in {money.currency}, so a second person decides"
    if money > one:
        return f"support: {money} is above {one} at once"
    most = limits[rules.PER_DAY]
    assert isinstance(most, Money)
    return f"support: {money + most} is above {most} in a day"
