"""Time passing at Halden: an agenda of what happens next, and the accounts it happens to."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from billing.demo.book import Book, Row
from billing.demo.places import Place
from billing.subscriptions.mrr import Cause, classify_movement, monthly_minor
from billing.subscriptions.rules import COUNTS_AS_MRR

__all__ = ["Account", "Plan", "Schedule", "World"]


@dataclass(slots=True)
class Account:
    """One customer with what the simulation remembers of them."""

    customer: Row
    identity: Row
    place: Place
    is_business: bool
    currency: str
    method: Row | None = None
    pays_by_bank: bool = False
    follows_prices: bool = True
    had_trial: bool = False
    hesitates: bool = False
    ever_paid: bool = False
    mrr: int = 0
    plans: list["Plan"] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """A subscription with its item, and the invoice it owes."""

    account: Account
    row: Row
    item: Row
    slug: str
    price: Row
    pending_downgrade: str = ""
    changes: int = 0
    trial: Row | None = None

    @property
    def per_period(self) -> int:
        """What a whole period costs, net, in minor units."""
        amount: int = self.price["unit_amount_minor"] * self.item["quantity"] - self.item["discount_minor"]
        return max(0, amount)


@dataclass(slots=True)
class Schedule:
    """A line's net over its period: how much is to be recognised, and how much has been."""

    line: Row
    invoice: Row
    total: int
    recognised: int = 0

    @property
    def left(self) -> int:
        return self.total - self.recognised


class World:
    """The book, the agenda, and what is under way."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.accounts: list[Account] = []
        self.schedules: dict[int, list[Schedule]] = {}
        self.running: list[Schedule] = []
        self.left_to_refund: dict[int, int] = {}
        self.paid_by: dict[int, Row] = {}
        self.clusters: dict[int, Row] = {}
        self.known_marks: dict[tuple[str, str], Row] = {}
        self.marks: dict[int, list[Row]] = {}
        self._agenda: list[tuple[datetime, int, Callable[..., None], tuple[Any, ...]]] = []
        self._count = 0

    def at(self, when: datetime, deed: Callable[..., None], *arguments: Any) -> None:
        """Does ``deed(world, when, *arguments)`` when its time comes; what lies after the end never does."""
        if when < self.book.now:
            self._count += 1
            heapq.heappush(self._agenda, (when, self._count, deed, arguments))

    def later(self, after: datetime, days: int, spread: int = 0) -> datetime:
        """So many days on and up to ``spread`` more, at some second of the day."""
        seconds = days * 86_400 + self.book.random.randrange(max(1, spread * 86_400))
        return after + timedelta(seconds=seconds)

    def run(self) -> None:
        while self._agenda:
            when, _, deed, arguments = heapq.heappop(self._agenda)
            deed(self, when, *arguments)

    def count_mrr(self, account: Account, plan: Plan, at: datetime, cause: Cause = "changed") -> None:
        """Writes the movement from what the customer was worth to what they are worth now."""
        after = sum(
            monthly_minor(
                each.price["unit_amount_minor"],
                each.item["quantity"],
                each.price["interval_unit"],
                each.price["interval_count"],
                discount_minor=each.item["discount_minor"],
            )
            for each in account.plans
            if each.row["state"] in COUNTS_AS_MRR
        )
        for movement in classify_movement(account.mrr, after, account.ever_paid, cause):
            plan.changes += 1
            self.book.add(
                "mrrmovement",
                customer_id=account.customer["id"],
                subscription_id=plan.row["id"],
                day=at.date(),
                at=at,
                currency=account.currency,
                kind=movement.kind,
                amount_minor=movement.amount_minor,
                cause=f"{plan.row['reference']}:{plan.changes}",
            )
        account.mrr = after
        account.ever_paid = account.ever_paid or after > 0
