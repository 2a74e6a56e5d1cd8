"""Chargebacks and the warnings of them, with the money they move."""

from datetime import datetime, timedelta

from billing.demo.book import SANDBOX, Row
from billing.demo.world import World
from billing.ledger import rules as ledger
from billing.money import Money

__all__ = ["ROUTES", "dispute", "start"]

ROUTES = {
    "warning_closed": 15,
    "warning_grows": 8,
    "won": 26,
    "lost": 36,
    "lost_then_won": 4,
    "prevented": 11,
}
REASONS = ("fraudulent", "product_not_received", "subscription_canceled", "duplicate", "unrecognized")
FEE = 1500


def dispute(world: World, at: datetime, payment: Row) -> None:
    book = world.book
    if (
        payment["state"] == "succeeded"
        and world.left_to_refund.get(payment["id"], 0) == payment["amount_minor"]
    ):
        start(world, at, payment, book.random.choices(list(ROUTES), list(ROUTES.values()))[0])


def start(world: World, at: datetime, payment: Row, route: str) -> Row:
    book = world.book
    warned = route.startswith("warning")
    row = book.add(
        "dispute",
        gateway="sandbox",
        gateway_id=book.gateway_id("sbx_dp"),
        gateway_as_of=at,
        reference=book.mint.reference("DSP", at.date()),
        payment_id=payment["id"],
        customer_id=payment["customer_id"],
        state="warning" if warned else "needs_response",
        reason=book.random.choice(REASONS),
        currency=payment["currency"],
        amount_minor=payment["amount_minor"],
        withdrawn_minor=0,
        evidence_due_at=None if warned else at + timedelta(days=14),
        created_at=at,
    )
    book.born("dispute", row, at, SANDBOX, money=Money(row["amount_minor"], row["currency"]))
    if route == "warning_closed":
        world.at(world.later(at, 8, 20), move, row, "warning_closed", "The card's bank closed its inquiry")
    elif route == "warning_grows":
        world.at(world.later(at, 5, 10), grow, row)
    else:
        withdraw(world, at, row)
        world.at(world.later(at, 2, 10), respond, row, route)
    return row


def grow(world: World, at: datetime, row: Row) -> None:
    row["evidence_due_at"] = at + timedelta(days=14)
    move(world, at, row, "needs_response", "The inquiry became a chargeback")
    withdraw(world, at, row)
    world.at(world.later(at, 2, 10), respond, row, "lost")


def withdraw(world: World, at: datetime, row: Row) -> None:
    """The gateway takes the amount, and its fee, out of what it holds for us."""
    book = world.book
    left = world.left_to_refund[row["payment_id"]]
    row["withdrawn_minor"] = min(row["amount_minor"], left)
    world.left_to_refund[row["payment_id"]] -= row["withdrawn_minor"]
    if row["withdrawn_minor"]:
        drafted = ledger.dispute_funds_withdrawn(f"{row['reference']}:1", amount=_withdrawn(row))
        book.post(drafted, at, kind="dispute", row=row, actor=SANDBOX)
    fee = ledger.dispute_fee(row["reference"], amount=Money(FEE, row["currency"]))
    book.post(fee, at, kind="dispute", row=row, actor=SANDBOX)


def respond(world: World, at: datetime, row: Row, route: str) -> None:
    book = world.book
    if route == "prevented":
        move(world, at, row, "prevented", "Settled before it was filed")
        reinstate(world, at, row)
        return
    book.move(
        "dispute", row, "under_review", at, book.support(), reason="Evidence sent: contract and log-ins"
    )
    if route != "stays_under_review":
        world.at(world.later(at, 20, 40), decide, row, route)


def decide(world: World, at: datetime, row: Row, route: str) -> None:
    if route == "won":
        move(world, at, row, "won", "The card's bank decided for us")
        reinstate(world, at, row)
        return
    move(world, at, row, "lost", "The card's bank decided for the cardholder")
    if route == "lost_then_won":
        world.at(world.later(at, 5, 20), win_after_all, row)
    elif row["withdrawn_minor"]:
        drafted = ledger.dispute_lost(row["reference"], amount=_withdrawn(row))
        world.book.post(drafted, at, kind="dispute", row=row, actor=SANDBOX)


def win_after_all(world: World, at: datetime, row: Row) -> None:
    move(world, at, row, "won", "Arbitration decided for us")
    reinstate(world, at, row)


def reinstate(world: World, at: datetime, row: Row) -> None:
    drafted = ledger.dispute_funds_reinstated(f"{row['reference']}:1", amount=_withdrawn(row))
    world.book.post(drafted, at, kind="dispute", row=row, actor=SANDBOX)
    world.left_to_refund[row["payment_id"]] += row["withdrawn_minor"]
    row["withdrawn_minor"] = 0


def move(world: World, at: datetime, row: Row, to_state: str, reason: str) -> None:
    row["gateway_as_of"] = at
    world.book.move("dispute", row, to_state, at, SANDBOX, reason=reason)


def _withdrawn(row: Row) -> Money:
    return Money(row["withdrawn_minor"], row["currency"])
