"""Commitments at Halden: yearly terms paid monthly, a few canceled to their end, one that may bill beyond."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from billing.demo.book import BILLING, SANDBOX, Row
from billing.demo.subscribing import customer_of
from billing.demo.world import Plan, World
from billing.gateways.sandbox_subscriptions import SUBSCRIPTION_PREFIX
from billing.ids import new_short_reference
from billing.periods import Interval, add_interval, period_number

__all__ = ["agree_on_terms"]

MONTH = Interval("month")
TERM = 12
#: What became of them, in turn; further ones are simply agreed.
STORIES = (
    "agreed", "confirmed", "gateway_risk", "ended", "renews", "gateway_confirmed", "released",
    "gateway_canceling", "confirmed", "ended", "renews", "agreed", "gateway_agreed", "agreed", "agreed",
)  # fmt: skip
MOST = 26


def agree_on_terms(world: World) -> None:
    """Terms of plans that run monthly, told after everything else has happened."""
    plans = [plan for account in world.accounts for plan in account.plans if _fits(plan)]
    # The largest first: it is they who sign for a year.
    plans.sort(key=lambda plan: (-plan.per_period, plan.row["id"]))
    told = 0
    for plan in plans:
        story = STORIES[told] if told < len(STORIES) else "agreed"
        told += _tell(world, plan, story)
        if told == MOST:
            return


def _fits(plan: Plan) -> bool:
    row = plan.row
    runs = row["state"] == "active" and not row["cancel_at_period_end"] and not plan.pending_downgrade
    return runs and plan.price["interval_unit"] == "month" and plan.per_period > 0


def _tell(world: World, plan: Plan, story: str) -> bool:
    """Whether the story could be told of this plan: one that is over needs a year behind it."""
    book, row = world.book, plan.row
    anchor: datetime = row["anchor_at"]
    number = period_number(anchor, MONTH, row["current_period_start"])
    back = TERM + 1 if story in ("ended", "renews") else 3 + plan.row["id"] % 7
    if number < back:
        return False
    begins = add_interval(anchor, number - back, MONTH)
    made = _commit(world, plan, begins, renews=story == "renews")
    ends: datetime = made["ends_at"]
    if story.startswith("gateway"):
        _move_to_gateway(world, plan, ends, story)
    if story == "renews":
        _end(world, made, ends, "The term is over")
        _commit(world, plan, ends, renews=True, after=made)
    elif story == "ended":
        _end(world, made, ends, "The term is over")
    elif story == "released":
        at = book.now - timedelta(days=9)
        book.move("commitment", made, "released", at, book.people[-1], reason="Merged with another customer",
                  ended_at=at, watch_at=None)  # fmt: skip
    elif story not in ("agreed", "gateway_agreed"):
        _cancel(world, plan, made, story)
    return True


def _commit(world: World, plan: Plan, begins: datetime, *, renews: bool, after: Row | None = None) -> Row:
    book = world.book
    anchor: datetime = plan.row["anchor_at"]
    chance = Random(f"{plan.row['id']}:{begins}")  # noqa: S311 (a demo is to come out the same again)
    ends = add_interval(anchor, period_number(anchor, MONTH, begins) + TERM, MONTH)
    who = BILLING if after else book.people[1]
    at = begins if after else begins + timedelta(hours=3)
    row = book.add(
        "commitment",
        reference=new_short_reference("COM", chance),
        subscription_id=plan.row["id"],
        customer_id=plan.row["customer_id"],
        state="agreed",
        starts_on=begins.date(),
        ends_on=ends.date(),
        ends_at=ends,
        renews=renews,
        agreed_by="customer",
        agreed_by_ref=who.ref,
        agreed_by_name=who.name,
        created_at=at,
        watch_at=ends,
    )
    reason = f"Renews {after['reference']}" if after else "A year for two months free, by their order form"
    book.born("commitment", row, at, who, reason=reason)
    return row


def _end(world: World, row: Row, at: datetime, reason: str) -> None:
    world.book.move("commitment", row, "ended", at, BILLING, reason=reason, ended_at=at, watched_at=at,
                    watch_at=None)  # fmt: skip


def _cancel(world: World, plan: Plan, row: Row, story: str) -> None:
    """Canceled three weeks ago (or an hour ago, still being set), and what the watch found since."""
    book = world.book
    ours = not story.startswith("gateway")
    at = book.now - (timedelta(minutes=20) if story == "gateway_canceling" else timedelta(days=21))
    who = "Our billing run" if ours else "Sandbox"
    day = f"{row['ends_at']:%-d %B %Y}"
    asked: dict[str, Any] = {
        "cancel_asked_at": at,
        "cancel_asked_by": "customer",
        "cancel_reason": "They move to another product",
    }
    reason = asked["cancel_reason"]
    if ours:
        plan.row.update(cancel_at=row["ends_at"], canceled_at=at)
        asker, on = customer_of(plan.account), row["ends_on"].isoformat()
        book.tell("subscription", plan.row, "cancellation_asked", at, asker, reason=reason, ends_on=on)
    else:
        book.move("commitment", row, "canceling", at, book.people[0], reason=reason, call=1, **asked)
        if story == "gateway_canceling":
            row.update(watch_at=at + timedelta(hours=1), found="The sandbox did not answer in time.")
            return
        plan.row.update(cancel_at=row["ends_at"], canceled_at=at)
    kept = {
        "found": f"{who} ends it on {day}.",
        "told_cancel_at": row["ends_at"],
        "watched_at": book.now - timedelta(hours=5),
        "watch_at": book.now + timedelta(hours=19),
    }
    book.move("commitment", row, "confirmed", at, book.people[0] if ours else BILLING, **kept,
              **(asked if ours else {}))  # fmt: skip
    if story == "gateway_risk":
        plan.row.update(cancel_at=None)
        lost = f"{who} has no end for it any more; it would bill beyond {day}."
        seen: dict[str, Any] = {
            "told_cancel_at": None,
            "watched_at": book.now - timedelta(hours=1),
            "watch_at": book.now,
        }
        noticed = book.now - timedelta(hours=7)
        book.move("commitment", row, "at_risk", noticed, BILLING, reason=lost, found=lost, **seen)


def _move_to_gateway(world: World, plan: Plan, ends: datetime, story: str) -> None:
    """The sandbox collects this one by itself."""
    book, row = world.book, plan.row
    row.update(
        collected_by="gateway",
        gateway="sandbox",
        gateway_id=f"{SUBSCRIPTION_PREFIX}{row['reference'][-8:]}",
        gateway_as_of=book.now - timedelta(hours=1),
    )
    told = story == "gateway_confirmed"
    book.add(
        "sandboxobject",
        id=row["gateway_id"],
        kind="subscription",
        body={
            "state": "active",
            "anchor_at": row["anchor_at"].isoformat(),
            "interval": "month",
            "cancel_at": ends.replace(microsecond=0).isoformat() if told else None,
        },
        created_at=row["created_at"],
    )
    book.tell("subscription", row, "created", row["created_at"], SANDBOX)
