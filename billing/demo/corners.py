"""The rare cases, placed into the last days so that each state of each machine can be looked at."""

from datetime import datetime, timedelta

from billing.demo import changing, disputing, invoicing, refunding
from billing.demo.book import BILLING, SANDBOX, Row
from billing.demo.collecting import start_payment
from billing.demo.people import arrive
from billing.demo.subscribing import fall_behind, subscribe
from billing.demo.world import Account, Plan, World
from billing.ledger import rules as ledger
from billing.money import Money
from billing.periods import Interval, nth_period

__all__ = ["place_corners"]

#: how many hours before the end each refund of these routes is asked for
REFUNDS = (
    ("straight", 3), ("straight", 20), ("bank_fails", 150), ("bank_fails", 170), ("declined", 9),
    ("approved", 300), ("rejected", 200), ("withdrawn", 180), ("expired", 420), ("customer", 7),
    ("canceled", 230), ("late", 400), ("late", 390), ("outside", 14), ("outside", 31), ("outside", 60),
    ("bank", 6), ("bank", 10), ("customer", 11), ("stays_submitting", 26), ("stays_submitting", 5),
    ("stays_approved", 4), ("waits", 2), ("waits", 19), ("waits", 44), ("draft", 30), ("draft", 200),
)  # fmt: skip
DISPUTES = (("won", 1300), ("lost", 1320), ("lost", 1900), ("lost", 2600), ("lost_then_won", 2200),
            ("prevented", 500),
            ("warning_closed", 900), ("warning_closed", 40), ("warning_closed", 90),
            ("won", 20), ("lost", 30), ("lost", 44),
            ("stays_under_review", 400), ("stays_under_review", 450))  # fmt: skip
PAYMENTS = (("pending", 2), ("pending", 9), ("authorized", 300), ("authorized", 900),
            ("requires_action", 500), ("unknown", 200), ("unknown", 2000), ("canceled", 4000))  # fmt: skip


def place_corners(world: World) -> None:
    now = world.book.now
    for route, hours in REFUNDS:
        world.at(now - timedelta(hours=hours), corner_refund, route)
    for route, hours in DISPUTES:
        world.at(now - timedelta(hours=hours), corner_dispute, route)
    for hours in (3, 9):
        world.at(now - timedelta(hours=hours), corner_hesitation)
    for days in (6, 14):
        world.at(now - timedelta(days=days), corner_pause)
        world.at(now - timedelta(days=days + 21), corner_arrears)
    for hours in (20, 45):
        world.at(now - timedelta(hours=hours), corner_behind)
    for hours in (28, 50):
        world.at(now - timedelta(hours=hours), corner_draft)
    for days in (8, 16):
        world.at(now - timedelta(days=days), reverse_payment)
    world.at(now - timedelta(days=3), corner_merge)
    for state, minutes in PAYMENTS:
        world.at(now - timedelta(minutes=minutes), corner_payment, state)


def corner_merge(world: World, at: datetime) -> None:
    """One company that signed up twice."""
    book = world.book
    seen: dict[tuple[str, str, bool], Account] = {}
    for account in reversed(world.accounts):
        into = seen.setdefault((account.place.country, account.currency, account.is_business), account)
        if into is not account and account.is_business:
            break
    customer, other = into.customer, account.customer
    actor = book.approver(book.people[0])
    why = "Signed up a second time with another address; both pay for the same company."
    book.add(
        "customerlink",
        customer_id=customer["id"],
        into_id=other["id"],
        reason=why,
        made_at=at,
        made_by_ref=actor.ref,
        made_by_name=actor.name,
    )
    book.tell("customer", customer, "merged", at, actor, reason=why, into=other["reference"])
    book.tell("customer", other, "merged", at, actor, reason=why, with_customer=customer["reference"])


def _some_payment(world: World) -> Row | None:
    """A recent payment of which nothing has gone back yet."""
    fitting = [
        p for p in world.book.rows["payment"][-600:]
        if p["state"] == "succeeded" and p.get("gateway") and p["amount_minor"] < refunding.LIMIT
        and world.left_to_refund.get(p["id"]) == p["amount_minor"] and p["id"] in world.paid_by
    ]  # fmt: skip
    return world.book.random.choice(fitting) if fitting else None


def corner_refund(world: World, at: datetime, route: str) -> None:
    book = world.book
    payment = _some_payment(world)
    if payment is None:
        return
    amount = payment["amount_minor"] if book.chance(60) else max(1, payment["amount_minor"] // 2)
    reason = book.random.choice(refunding.REASONS)
    if route == "draft":
        refunding.start(world, at, payment, amount, "draft", reason)
        world.left_to_refund[payment["id"]] += amount  # a draft that nobody sent on holds nothing
    elif route == "waits":
        refunding.start(world, at, payment, amount, "expired", reason)
    else:
        refunding.start(world, at, payment, amount, route, reason, with_note=route == "straight")


def corner_dispute(world: World, at: datetime, route: str) -> None:
    payment = _some_payment(world)
    if payment is not None:
        disputing.start(world, at, payment, route)


def corner_payment(world: World, at: datetime, state: str) -> None:
    book = world.book
    account = book.random.choice([a for a in world.accounts if a.method is not None] or [None])
    if account is None:
        return
    payment = start_payment(world, at, account, book.random.choice((4900, 12_000, 29_900)),
                            description="Set-up of single sign-on")  # fmt: skip
    why = {
        "authorized": "Held until the work is done",
        "requires_action": "The bank asks the customer to confirm",
        "unknown": "The gateway timed out", "canceled": "Ordered by mistake",
    }  # fmt: skip
    if state != "pending":
        actor = BILLING if state in ("unknown", "canceled") else SANDBOX
        book.move("payment", payment, state, at + timedelta(seconds=2), actor, reason=why[state])


def corner_hesitation(world: World, at: datetime) -> None:
    """Somebody subscribed whose bank still waits for them to confirm."""
    account = arrive(world, at)
    account.hesitates = account.had_trial = True
    account.pays_by_bank = False
    subscribe(world, at, account, "pro", "month")


def _some_plan(world: World, unit: str) -> Plan | None:
    """A running subscription of that interval whose period outlasts the book."""
    fitting = [
        plan for account in world.accounts for plan in account.plans
        if plan.row["state"] == "active" and plan.slug != "free" and plan.price["interval_unit"] == unit
        and not plan.row["cancel_at_period_end"] and not account.pays_by_bank
        and (unit == "month" or plan.row["current_period_end"] > world.book.now)
    ]  # fmt: skip
    return world.book.random.choice(fitting) if fitting else None


def corner_pause(world: World, at: datetime) -> None:
    if plan := _some_plan(world, "month"):
        changing.pause(world, at, plan.account, plan)


def corner_arrears(world: World, at: datetime) -> None:
    """Behind with a payment, and three weeks later unpaid: nothing more is billed, nothing is ended yet."""
    if plan := _some_plan(world, "year"):
        fall_behind(world, at, plan.account, plan)
        world.at(at + timedelta(days=21), corner_unpaid, plan)


def corner_behind(world: World, at: datetime) -> None:
    """Behind since yesterday: the retries are still to come."""
    if plan := _some_plan(world, "year"):
        fall_behind(world, at, plan.account, plan)


def corner_unpaid(world: World, at: datetime, plan: Plan) -> None:
    if plan.row["state"] == "past_due":
        world.book.move("subscription", plan.row, "unpaid", at, BILLING, reason="Unpaid after all retries")
        world.count_mrr(plan.account, plan, at)


def corner_draft(world: World, at: datetime) -> None:
    """An invoice that finance has begun and not issued."""
    book = world.book
    account = next(a for a in reversed(world.accounts) if a.ever_paid)
    price = book.prices["business", account.currency, "month"]
    period = nth_period(at, 1, Interval("month"))
    seats = 8
    text = f"Business × {seats}, for their contractors"
    line = invoicing.Line(text, price["unit_amount_minor"] * seats, period, price, seats)
    why = "Waits for their order number"
    invoicing.draft_invoice(world, at, account, None, [line], book.approver(book.people[0]), why)


def reverse_payment(world: World, at: datetime) -> None:
    """A bank took a payment back as a whole: its invoice is open again."""
    book = world.book
    payment = _some_payment(world)
    if payment is None:
        return
    invoice = world.paid_by.pop(payment["id"])
    world.left_to_refund[payment["id"]] = 0
    money = Money(payment["amount_minor"], payment["currency"])
    book.move("payment", payment, "reversed", at, SANDBOX, reason="The bank recalled the payment")
    posted = ledger.payment_succeeded(payment["reference"], amount=money, owed=money)
    taken_back = ledger.reversal(posted, f"payment.reversed:{payment['reference']}")
    origin = next(p for p in reversed(book.rows["posting"]) if p["cause"] == posted.cause)
    book.post(taken_back, at, kind="payment", row=payment, actor=SANDBOX, reverses=origin["id"])
    book.rows["paymentallocation"] = [
        a for a in book.rows["paymentallocation"] if a["payment_id"] != payment["id"]
    ]
    book.move("invoice", invoice, "open", at, SANDBOX, reason="Its payment was recalled", paid_at=None)
