"""A subscription's life at Halden: trial, renewal, falling behind, leaving and coming back."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from billing.demo import changing, invoicing, trialing
from billing.demo.book import BILLING, Row
from billing.demo.collecting import charge
from billing.demo.company import PAID
from billing.demo.people import add_card, arrive, write_note
from billing.demo.world import Account, Plan, World
from billing.history.actors import Actor
from billing.invoices.line_text import plan_facts
from billing.periods import Interval, Period, nth_period, period_number

__all__ = ["fall_behind", "lose", "paid", "sign_up", "subscribe"]

SEATS = {"free": (1, 1), "starter": (1, 3), "pro": (1, 12), "business": (3, 40)}
WEIGHTS = {"free": 24, "starter": 36, "pro": 28, "business": 12}
LEAVES_A_PERIOD = {"month": Decimal("3.4"), "year": Decimal(18)}
WHY_LEAVE = (
    "Too expensive for what we use", "Switched to another product", "The project ended",
    "Missing an integration", "Company is closing", "Only needed it for a season",
)  # fmt: skip


def customer_of(account: Account) -> Actor:
    return Actor("customer", f"customer:{account.customer['reference']}", "The customer")


def sign_up(world: World, at: datetime) -> None:
    book = world.book
    account = arrive(world, at)
    slug = book.random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    unit: Literal["month", "year"] = "year" if slug != "free" and book.chance(26) else "month"
    if account.pays_by_bank:
        slug, unit = "business", "year"
    subscribe(world, at, account, slug, unit)
    if slug == "free" and book.chance(22):
        world.at(world.later(at, 10, 240), changing.leave_free, account)
    for _ in range(book.random.choice((0, 0, 0, 0, 0, 0, 0, 1, 1, 2))):
        world.at(world.later(at, 1, 500), write_note, account)


def subscribe(
    world: World,
    at: datetime,
    account: Account,
    slug: str,
    unit: Literal["month", "year"],
    continues: Row | None = None,
) -> Plan:
    """A new subscription: free at once, on trial, or waiting for its first payment."""
    book = world.book
    price = book.prices[slug, account.currency, unit]
    trial = book.tiers[slug]["trial_days"]
    on_trial = bool(trial) and not account.had_trial and continues is None and book.chance(62)
    state = "active" if slug == "free" else "trialing" if on_trial else "incomplete"
    begins = at + timedelta(days=trial) if on_trial else at
    first = Period(at, begins) if on_trial else nth_period(at, 0, Interval(unit))
    row = book.add(
        "subscription",
        reference=book.mint.short_reference("SUB"),
        customer_id=account.customer["id"],
        state=state,
        collected_by="us",
        currency=account.currency,
        anchor_at=begins,
        current_period_start=first.start,
        current_period_end=first.end,
        trial_ends_at=begins if on_trial else None,
        cancel_at_period_end=False,
        continues_id=continues["id"] if continues else None,
        created_at=at,
    )
    quantity = book.random.randint(*SEATS[slug])
    discounted = slug in ("pro", "business") and book.chance(9)
    whole = price["unit_amount_minor"] * quantity
    item = book.add(
        "subscriptionitem",
        subscription_id=row["id"],
        price_id=price["id"],
        quantity=quantity,
        discount_minor=whole // 10 if discounted else 0,
    )
    plan = Plan(account, row, item, slug, price)
    account.plans.append(plan)
    reason = "Came back" if continues else ""
    book.born("subscription", row, at, customer_of(account), reason=reason, tier=slug)
    if on_trial:
        account.had_trial = True
        if book.chance(70):
            add_card(world, account, at + timedelta(minutes=3))
        trialing.start(world, at, account, plan, customer_of(account))
        if trialing.gives_up(plan):
            world.at(at + (begins - at) / 2, give_up, account, plan)
        world.at(begins, end_trial, account, plan)
    elif slug != "free":
        add_card(world, account, at) if account.method is None else None
        bill(world, at + timedelta(seconds=2), account, plan, first)
        world.at(at + timedelta(hours=23), expire, account, plan)
    return plan


def give_up(world: World, at: datetime, account: Account, plan: Plan) -> None:
    """Somebody who gave no card leaves before the trial is over."""
    if account.method is None:
        finish(world, at, account, plan, customer_of(account), "Not what we were looking for")


def end_trial(world: World, at: datetime, account: Account, plan: Plan) -> None:
    """Most who gave a card stay; who gave none leaves."""
    book = world.book
    if plan.row["state"] != "trialing":
        return
    if account.method is None or book.chance(24):
        finish(world, at, account, plan, BILLING, "The trial ended without a purchase")
        return
    first = nth_period(plan.row["anchor_at"], 0, Interval(plan.price["interval_unit"]))
    plan.row.update(current_period_start=first.start, current_period_end=first.end)
    book.move("subscription", plan.row, "active", at, BILLING, reason="The trial ended")
    trialing.decide(world, at, plan, "converted")
    world.count_mrr(account, plan, at)
    bill(world, at, account, plan, first)
    plan_ahead(world, account, plan, first)


def bill(world: World, at: datetime, account: Account, plan: Plan, period: Period) -> None:
    """A draft for the period; an hour later (at once for the first) it is issued and charged."""
    tier = world.book.tiers[plan.slug]["name"]
    each = "monthly" if plan.price["interval_unit"] == "month" else "yearly"
    text = f"{tier}, {each}, {plan.item['quantity']} seat{'' if plan.item['quantity'] == 1 else 's'}"
    facts = plan_facts(tier, plan.item["quantity"], plan.price["interval_unit"], 1)
    line = invoicing.Line(text, plan.per_period, period, plan.price, plan.item["quantity"], facts=facts)
    invoice = invoicing.draft_invoice(world, at, account, plan, [line])
    first = plan.row["state"] == "incomplete"
    world.at(at + (timedelta(seconds=1) if first else timedelta(hours=1)), issue, account, plan, invoice)


def issue(world: World, at: datetime, account: Account, plan: Plan, invoice: Row) -> None:
    invoicing.finalise(world, at, account, invoice)
    if account.pays_by_bank and world.book.chance(5):
        world.at(at + timedelta(minutes=40), issue_again, account, plan, invoice)
        return
    if account.pays_by_bank and plan.row["state"] == "incomplete":
        paid(world, at, account, plan)
    charge(world, at, account, plan, invoice)


def issue_again(world: World, at: datetime, account: Account, plan: Plan, wrong: Row) -> None:
    """The bill-to was wrong: void, and issue the same again."""
    if any(schedule.recognised for schedule in world.schedules[wrong["id"]]) or at.day == 1:
        charge(world, at, account, plan, wrong)
        return
    invoicing.void(world, at, wrong, "Made out to the wrong department; issued again")
    if plan.row["state"] == "incomplete":
        paid(world, at, account, plan)
    period = Period(plan.row["current_period_start"], plan.row["current_period_end"])
    line = invoicing.Line("Business, yearly, reissued", plan.per_period, period, plan.price,
                          plan.item["quantity"])  # fmt: skip
    again = invoicing.draft_invoice(world, at, account, plan, [line])
    world.at(at + timedelta(minutes=5), changing.issue_now, account, plan, again)


def expire(world: World, at: datetime, account: Account, plan: Plan) -> None:
    """A first payment that nobody completed in a day; its invoice is void."""
    if plan.row["state"] != "incomplete":
        return
    book = world.book
    book.move("subscription", plan.row, "expired", at, BILLING, reason="The first payment never came",
              ended_at=at)  # fmt: skip
    mine = [i for i in book.rows["invoice"][-400:] if i["subscription_id"] == plan.row["id"]]
    for invoice in mine:
        if invoice["state"] == "open" and not any(s.recognised for s in world.schedules[invoice["id"]]):
            invoicing.void(world, at, invoice, "The subscription never began")
    for payment in book.rows["payment"][-400:]:
        if payment["customer_id"] == account.customer["id"] and payment["state"] in (
            "pending",
            "requires_action",
        ):
            book.move("payment", payment, "canceled", at, BILLING, reason="The subscription never began")


def paid(world: World, at: datetime, account: Account, plan: Plan) -> None:
    """A payment came: what waited for it, or had fallen behind, is active."""
    book = world.book
    state = plan.row["state"]
    if state not in ("incomplete", "past_due", "unpaid"):
        return
    book.move("subscription", plan.row, "active", at, BILLING, reason="Paid")
    world.count_mrr(account, plan, at)
    if state == "incomplete":
        plan_ahead(
            world, account, plan, Period(plan.row["current_period_start"], plan.row["current_period_end"])
        )


def fall_behind(world: World, at: datetime, account: Account, plan: Plan) -> bool:
    """Whether there is something to chase: a first payment that failed is simply not a sale."""
    if plan.row["state"] == "incomplete":
        return False
    if plan.row["state"] == "active":
        world.book.move("subscription", plan.row, "past_due", at, BILLING, reason="The payment failed")
    return True


def lose(world: World, at: datetime, account: Account, plan: Plan) -> None:
    """Nobody paid in three weeks: the subscription ends, or waits unpaid for a month."""
    book = world.book
    if plan.row["state"] != "past_due":
        return
    if book.chance(35):
        book.move("subscription", plan.row, "unpaid", at, BILLING, reason="Unpaid after all retries")
        world.count_mrr(account, plan, at)
        world.at(world.later(at, 25, 20), finish, account, plan, BILLING, "Unpaid for too long")
    else:
        finish(world, at, account, plan, BILLING, "Unpaid after all retries")


def plan_ahead(world: World, account: Account, plan: Plan, period: Period) -> None:
    """What may happen within a period, and the renewal at its end."""
    book = world.book
    unit = plan.price["interval_unit"]
    within = lambda: period.start + (period.end - period.start) * book.random.randrange(50, 950) / 1000  # noqa: E731
    if book.chance(LEAVES_A_PERIOD[unit]):
        world.at(within(), ask_to_leave, account, plan)
    elif book.chance(Decimal("4.5") if unit == "month" else 34):
        world.at(within(), changing.upgrade, account, plan)
    elif book.chance(Decimal("0.8") if unit == "month" else 6):
        plan.pending_downgrade = PAID[max(0, PAID.index(plan.slug) - 1)]
    elif unit == "month" and book.chance(Decimal("0.35")):
        world.at(within(), changing.pause, account, plan)
    world.at(period.end, renew, account, plan)


def ask_to_leave(world: World, at: datetime, account: Account, plan: Plan) -> None:
    book = world.book
    if plan.row["state"] not in ("active", "past_due"):
        return
    ends = plan.row["current_period_end"]
    plan.row.update(cancel_at_period_end=True, cancel_at=ends, canceled_at=at)
    why = book.random.choice(WHY_LEAVE)
    book.tell("subscription", plan.row, "cancellation_asked", at, customer_of(account), reason=why,
              ends_on=ends.date().isoformat())  # fmt: skip
    if book.chance(12):
        world.at(at + (ends - at) / 2, change_mind, account, plan)


def change_mind(world: World, at: datetime, account: Account, plan: Plan) -> None:
    plan.row.update(cancel_at_period_end=False, cancel_at=None, canceled_at=None)
    world.book.tell("subscription", plan.row, "cancellation_withdrawn", at, world.book.support(),
                    reason="Stays after a call")  # fmt: skip


def renew(world: World, at: datetime, account: Account, plan: Plan) -> None:
    if plan.row["state"] not in ("active", "past_due") or plan.row["current_period_end"] != at:
        return
    if plan.row["cancel_at_period_end"]:
        finish(world, at, account, plan, BILLING, "Canceled at the end of the period")
        return
    changing.at_renewal(world, at, account, plan)
    interval = Interval(plan.price["interval_unit"])
    period = nth_period(plan.row["anchor_at"], period_number(plan.row["anchor_at"], interval, at), interval)
    plan.row.update(current_period_start=period.start, current_period_end=period.end)
    bill(world, at, account, plan, period)
    plan_ahead(world, account, plan, period)


def finish(world: World, at: datetime, account: Account, plan: Plan, actor: Actor, reason: str) -> None:
    """The end; some come back months later, on a subscription that continues this one."""
    book = world.book
    if plan.row["state"] in ("canceled", "expired", "active") and not plan.row["cancel_at_period_end"]:
        return
    plan.row["canceled_at"] = plan.row["canceled_at"] if plan.row.get("canceled_at") else at
    book.move("subscription", plan.row, "canceled", at, actor, reason=reason, ended_at=at)
    over = plan.row.get("trial_ends_at")
    trialing.decide(world, at, plan, "canceled" if over and at < over else "ended")
    world.count_mrr(account, plan, at)
    if account.ever_paid and book.chance(16):
        world.at(world.later(at, 20, 160), come_back, account, plan)


def come_back(world: World, at: datetime, account: Account, plan: Plan) -> None:
    if not any(each.row["state"] in ("active", "past_due", "trialing") for each in account.plans):
        subscribe(world, at, account, plan.slug, plan.price["interval_unit"], continues=plan.row)
