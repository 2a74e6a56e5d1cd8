"""What Halden's customers use: the last weeks of some of them, meter by meter."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from billing.demo.book import Book, Row
from billing.demo.world import Plan, World
from billing.history.actors import Actor
from billing.subscriptions.rules import BILLABLE
from billing.usage.services import close_gap, note_gap

__all__ = ["measure", "mend_a_gap"]

DAYS = 34
METERED = 60
#: what a day of a meter comes to at most, by tier
USUAL = {
    ("free", "rows"): 480,
    ("starter", "rows"): 9_000,
    ("starter", "compute-minutes"): 58,
    ("pro", "rows"): 190_000,
    ("pro", "api-calls"): 4_000,
    ("pro", "compute-minutes"): 500,
    ("business", "rows"): 2_400_000,
    ("business", "api-calls"): 42_000,
    ("business", "active-seats"): 40,
}
#: Calls of a business are priced since then, past so many; each thousand costs two hundredths.
PRICED_DAYS = 90
INCLUDED_CALLS = 2_000_000


def measure(world: World) -> None:
    """The last weeks of some of those whose subscriptions run."""
    book = world.book
    meters = {row["slug"]: row["id"] for row in book.rows["meter"]}
    prices = _price_calls(book, meters["api-calls"])
    # Halden's product is not there to say more: renewals of the next weeks are not to wait for it.
    said = book.now + timedelta(days=PRICED_DAYS)
    book.add("meterreport", meter_id=meters["api-calls"], reported_until=said, said_at=book.now)
    running = [
        plan for account in world.accounts for plan in account.plans[-1:] if plan.row["state"] in BILLABLE
    ]
    for plan in running[:: max(1, len(running) // METERED)]:
        for (tier, slug), most in USUAL.items():
            if tier == plan.slug and slug in meters:
                stream = _use(book, plan, slug, meters[slug], most)
                if (tier, slug) == ("business", "api-calls"):
                    _bill(book, plan, stream, prices[plan.row["currency"]])


def _price_calls(book: Book, meter_id: int) -> dict[str, Row]:
    """What calls past the included cost, by currency."""
    since = (book.now - timedelta(days=PRICED_DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        currency: book.add(
            "usageprice",
            tier_id=book.tiers["business"]["id"],
            meter_id=meter_id,
            currency=currency,
            unit_amount_minor=2,
            per_units=1_000,
            included=INCLUDED_CALLS,
            since=since,
            created_at=since - timedelta(days=3),
            reason="What goes far beyond a business's usual calls is paid for",
            actor_ref=book.people[-1].ref,
            actor_name=book.people[-1].name,
        )
        for currency in ("EUR", "USD", "GBP")
    }


def _bill(book: Book, plan: Plan, stream: Row, price: Row) -> None:
    """What was used up to the last renewal is billed: nothing of it was past the included."""
    starts, ends = stream["opened_at"], plan.row["current_period_start"]
    if not starts < ends <= book.now:
        return
    stream["closed_until"] = ends
    mine = (stream["customer_id"], stream["meter_id"])
    book.add(
        "usagebilled",
        customer_id=stream["customer_id"],
        meter_id=stream["meter_id"],
        subscription_id=plan.row["id"],
        price_id=price["id"],
        starts_at=starts,
        ends_at=ends,
        quantity=sum(
            (
                event["quantity"]
                for event in book.rows["usageevent"]
                if (event["customer_id"], event["meter_id"]) == mine and starts <= event["counted_at"] < ends
            ),
            Decimal(0),
        ),
        billed=Decimal(0),
        amount_minor=0,
        at=ends,
    )


def _use(book: Book, plan: Plan, slug: str, meter_id: int, most: int) -> Row:
    """One customer's days of one meter, fewer at weekends; none before they came."""
    customer_id = plan.account.customer["id"]
    since = max(plan.row["created_at"], book.now - timedelta(days=DAYS))
    stream = book.add(
        "usagestream", customer_id=customer_id, meter_id=meter_id, opened_at=since, closed_until=None
    )
    own = max(1, most * book.random.randrange(20, 101) // 100)
    day, kept = since.replace(hour=0, minute=0, second=0, microsecond=0), own // 2
    while day < book.now:
        busy = own if day.weekday() < 5 else max(1, own // 4)
        amount = book.random.randrange(0, busy + 1)
        kept = min(own, kept + amount // 20)
        people = min(amount, 6) if slug == "active-seats" else 1
        for place in range(people if amount else 0):
            at = day + timedelta(minutes=book.random.randrange(8 * 60, 19 * 60), seconds=place)
            if since < at < book.now - timedelta(minutes=1):
                used = {"rows": kept, "active-seats": 1}.get(slug, amount)
                who = f"{customer_id}:{book.random.randrange(own)}" if slug == "active-seats" else ""
                _event(book, plan, meter_id, at, used, who)
        day += timedelta(days=1)
    return stream


def mend_a_gap(people: Sequence[Actor], *, now: datetime) -> None:
    """A gap that was noted one morning and closed once the reports had come."""
    began = now - timedelta(days=6, hours=5)
    gap = note_gap(
        meter="api-calls",
        starts_at=began,
        ends_at=began + timedelta(hours=2),
        reason="The collector in Frankfurt was down",
        actor=people[0],
        now=began + timedelta(hours=3),
    )
    close_gap(
        gap_id=gap.pk,
        reason="Sent again from the product's own log",
        actor=people[-1],
        now=began + timedelta(hours=4),
    )


def _event(book: Book, plan: Plan, meter_id: int, at: datetime, amount: int, who: str) -> None:
    starts, ends = plan.row.get("current_period_start"), plan.row.get("current_period_end")
    key = book.gateway_id("use")
    book.add(
        "usageevent",
        customer_id=plan.account.customer["id"],
        meter_id=meter_id,
        key=key,
        digest=hashlib.sha256(key.encode()).hexdigest()[:32],
        quantity=Decimal(amount),
        value_digest=hashlib.sha256(who.encode()).hexdigest()[:32] if who else "",
        at=at,
        counted_at=at,
        period_starts_at=starts if starts and ends and starts <= at < ends else None,
        received_at=at + timedelta(seconds=2),
        actor_ref="api:halden",
    )
