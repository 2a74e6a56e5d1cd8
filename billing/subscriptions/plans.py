"""A subscription as the rules see it: what it pays, for which period, what was billed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from billing.periods import Interval, Period

__all__ = [
    "Billed",
    "Facts",
    "Item",
    "Planned",
    "Price",
    "amount_of",
    "in_words",
    "per_interval",
    "restarted",
]

type Basis = Literal["second", "day", "fixed30"]


@dataclass(frozen=True, slots=True)
class Price:
    """One version of a price; minor units for one seat and one interval, gross where ``inclusive``."""

    id: int
    tier_id: int
    tier: str
    currency: str
    unit_amount_minor: int
    interval: Interval
    version: int = 1
    inclusive: bool = False
    per_seat: bool = True
    rank: int = 0
    tax_class: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A price times a quantity, less what a discount that lasts takes off each period."""

    price: Price
    quantity: int = 1
    discount_minor: int = 0
    id: int | None = None

    @property
    def amount_minor(self) -> int:
        """What a whole period of it costs."""
        return max(0, self.price.unit_amount_minor * self.quantity - self.discount_minor)


@dataclass(frozen=True, slots=True)
class Billed:
    """An issued line of the subscription that reaches into the future, as its price counts.

    ``given_minor`` is what was taken back or credited of it before, above zero; ``text`` what its words say.
    """

    line_id: int
    invoice_number: str
    amount_minor: int
    period: Period
    rate: Decimal | None
    treatment: str
    inclusive: bool = False
    description: str = ""
    given_minor: int = 0
    item_id: int | None = None
    price_id: int | None = None
    text: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Planned:
    """A change that waits for the end of the period."""

    id: int
    price: Price
    quantity: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All that decides what comes next for a subscription that we collect."""

    id: int
    reference: str
    customer_id: int
    state: str
    currency: str
    anchor_at: datetime
    items: tuple[Item, ...]
    period: Period | None = None
    trial_ends_at: datetime | None = None
    cancel_at: datetime | None = None
    basis: Basis = "second"
    collection: str = "charge"
    due_days: int = 14
    planned: Planned | None = None
    collected_by: str = "us"

    @property
    def main(self) -> Item:
        """The item that decides tier and interval: the first."""
        return self.items[0]

    def with_main(self, item: Item) -> "Facts":
        return replace(self, items=(item, *self.items[1:]))


def amount_of(items: Sequence[Item]) -> int:
    """What a period of all of them costs."""
    return sum(item.amount_minor for item in items)


def per_interval(interval: Interval) -> str:
    """ "monthly", "yearly", "every 3 months"."""
    if interval.count == 1:
        return {"day": "daily", "week": "weekly", "month": "monthly", "year": "yearly"}[interval.unit]
    return f"every {interval}"


def in_words(item: Item) -> str:
    """ "Team × 12, yearly"."""
    seats = f" × {item.quantity}" if item.quantity != 1 else ""
    return f"{item.price.tier}{seats}, {per_interval(item.price.interval)}"


def restarted(before: Facts, after: Facts) -> bool:
    """Whether a change began a new count of periods."""
    return before.anchor_at != after.anchor_at
