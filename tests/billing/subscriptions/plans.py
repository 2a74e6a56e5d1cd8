"""Plans and subscriptions for tests of the rules, in dates and cents."""

from datetime import UTC, datetime
from decimal import Decimal

from billing.invoices.composing import Piece
from billing.periods import Interval, Period
from billing.subscriptions.plans import Billed, Facts, Item, Price

MONTH, YEAR = Interval("month"), Interval("year")
FREE = Price(1, 10, "Free", "EUR", 0, MONTH, rank=0)
TEAM = Price(2, 20, "Team", "EUR", 3_000, MONTH, rank=1)
TEAM_YEARLY = Price(3, 20, "Team", "EUR", 30_000, YEAR, rank=1)
BUSINESS = Price(4, 30, "Business", "EUR", 9_900, MONTH, rank=2)
BUSINESS_YEARLY = Price(5, 30, "Business", "EUR", 99_000, YEAR, rank=2)
FLAT = Price(6, 40, "Club", "EUR", 5_000, MONTH, per_seat=False, rank=1)
DOLLARS = Price(7, 20, "Team", "USD", 3_300, MONTH, rank=1)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def during(start: str, end: str) -> Period:
    return Period(day(start), day(end))


def on(price=TEAM, quantity=1, start="2026-04-01", end="2026-05-01", **more) -> Facts:
    """An active subscription on a price, its item numbered 7."""
    item = Item(price, quantity, more.pop("discount_minor", 0), id=7)
    fields = {
        "id": 1,
        "reference": "SUB-7K3N9Q4F",
        "customer_id": 1,
        "state": "active",
        "currency": "EUR",
        "anchor_at": day(start),
        "items": (item,),
        "period": during(start, end),
        **more,
    }
    return Facts(**fields)


def billed(piece: Piece, line_id: int = 1, number: str = "H-1", given: int = 0) -> Billed:
    """The line that an invoice made of a piece."""
    assert piece.period is not None
    return Billed(
        line_id, number, piece.amount_minor, piece.period, Decimal(19), "standard",
        piece.inclusive, piece.description, given, piece.item_id, piece.price_id,
    )  # fmt: skip
