"""Changes of a running subscription: up, down, a new price, a pause."""

from datetime import datetime, timedelta
from typing import Any

from billing.demo import invoicing
from billing.demo.book import BILLING, Row
from billing.demo.collecting import charge
from billing.demo.company import PAID
from billing.demo.people import add_card
from billing.demo.world import Account, Plan, World
from billing.invoices.line_text import plan_facts
from billing.money import round_half_away
from billing.periods import Interval, Period, nth_period

__all__ = ["at_renewal", "leave_free", "pause", "upgrade"]

NOTICE = timedelta(days=60)


def upgrade(world: World, at: datetime, account: Account, plan: Plan) -> None:
    """More seats or a larger tier from today on, prorated by day and billed at once."""
    book = world.book
    period = Period(plan.row["current_period_start"], plan.row["current_period_end"])
    if plan.row["state"] != "active" or plan.row["cancel_at_period_end"] or not period.contains(at):
        return
    left = Period(at, period.end)
    n, d = period.days(), left.days()
    if not d:
        return
    old_amount, old_price, old_name = plan.per_period, plan.price, book.tiers[plan.slug]["name"]
    if plan.slug != PAID[-1] and book.chance(45):
        switch(world, at, plan, PAID[PAID.index(plan.slug) + 1])
    else:
        plan.item["quantity"] += book.random.randint(1, max(2, plan.item["quantity"] // 3))
        book.tell("subscription", plan.row, "seats_changed", at, book.support(), seats=plan.item["quantity"])
    if plan.per_period <= old_amount:
        plan.item["discount_minor"] = 0
    new_name, every = book.tiers[plan.slug]["name"], plan.price["interval_unit"]
    seats = plan.item["quantity"]
    lines = [
        invoicing.Line(
            f"Unused time on {old_name}", -round_half_away_share(old_amount, d, n), left, old_price, 1, True,
            {**plan_facts(old_name, 1, every, 1), "part": "unused"},
        ),
        invoicing.Line(
            f"Rest of the period on {new_name}, {seats} seats",
            round_half_away_share(plan.per_period, d, n), left, plan.price, seats, True,
            {**plan_facts(new_name, seats, every, 1), "part": "rest"},
        ),
    ]  # fmt: skip
    world.count_mrr(account, plan, at)
    if sum(line.net_minor for line in lines) <= 0:
        return
    invoice = invoicing.draft_invoice(world, at, account, plan, lines)
    world.at(at + timedelta(seconds=1), issue_now, account, plan, invoice)


def issue_now(world: World, at: datetime, account: Account, plan: Plan, invoice: Row) -> None:
    """In its own moment: numbers follow the dates of issue."""
    invoicing.finalise(world, at, account, invoice)
    charge(world, at, account, plan, invoice)


def round_half_away_share(amount: int, days: int, of: int) -> int:
    """amount · d / n, rounded once."""
    whole = round_half_away(amount)
    return (2 * whole * days + of) // (2 * of)


def switch(world: World, at: datetime, plan: Plan, slug: str) -> None:
    """Another tier, at its newest price."""
    book = world.book
    before = plan.slug
    plan.slug = slug
    plan.price = book.prices[slug, plan.row["currency"], plan.price["interval_unit"]]
    plan.item["price_id"] = plan.price["id"]
    plan.item["discount_minor"] = 0
    book.tell("subscription", plan.row, "tier_changed", at, book.support(), before=before, after=slug)


def at_renewal(world: World, at: datetime, account: Account, plan: Plan) -> None:
    """What waited for the end of the period: a smaller tier, or the newer version of the price."""
    book = world.book
    newest = book.prices[plan.slug, plan.row["currency"], plan.price["interval_unit"]]
    if plan.pending_downgrade:
        if plan.pending_downgrade != plan.slug:
            switch(world, at, plan, plan.pending_downgrade)
        elif plan.item["quantity"] > 1:
            plan.item["quantity"] -= 1
            book.tell(
                "subscription", plan.row, "seats_changed", at, book.support(), seats=plan.item["quantity"]
            )
        plan.item["discount_minor"] = 0
        plan.pending_downgrade = ""
    elif account.follows_prices and newest is not plan.price and newest["created_at"] + NOTICE <= at:
        plan.price = newest
        plan.item["price_id"] = newest["id"]
        book.tell("subscription", plan.row, "price_changed", at, BILLING, version=newest["version"],
                  reason="Notice of the new price was given 60 days ago")  # fmt: skip
    world.count_mrr(account, plan, at)


def pause(world: World, at: datetime, account: Account, plan: Plan) -> None:
    book = world.book
    if plan.row["state"] != "active" or plan.row["cancel_at_period_end"]:
        return
    book.move("subscription", plan.row, "paused", at, book.support(), reason="Asked for a break")
    world.count_mrr(account, plan, at, "paused")
    world.at(world.later(at, 40, 40), resume, account, plan)


def resume(world: World, at: datetime, account: Account, plan: Plan) -> None:
    from billing.demo.subscribing import bill, plan_ahead

    book = world.book
    first = nth_period(at, 0, Interval(plan.price["interval_unit"]))
    columns: dict[str, Any] = {
        "anchor_at": at,
        "current_period_start": first.start,
        "current_period_end": first.end,
    }
    book.move("subscription", plan.row, "active", at, book.support(), reason="The break is over", **columns)
    world.count_mrr(account, plan, at, "resumed")
    bill(world, at, account, plan, first)
    plan_ahead(world, account, plan, first)


def leave_free(world: World, at: datetime, account: Account) -> None:
    """Somebody on Free begins to pay, on the same subscription."""
    from billing.demo.subscribing import bill, plan_ahead

    plan = account.plans[0]
    switch(world, at, plan, world.book.random.choice(PAID[:2]))
    first = nth_period(at, 0, Interval(plan.price["interval_unit"]))
    plan.row.update(anchor_at=at, current_period_start=first.start, current_period_end=first.end)
    add_card(world, account, at)
    world.count_mrr(account, plan, at)
    bill(world, at, account, plan, first)
    plan_ahead(world, account, plan, first)
