"""Units at Halden: monthly grants of paid tiers, what is used of them, packages, gestures, and a few debts.

The last months of each customer, told account by account after everything else has happened; the rules of the
product decide which lots pay. Store credit needs no telling: it follows the postings.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from billing.credits import rules
from billing.demo.book import BILLING, Book, Row
from billing.demo.world import Plan, World
from billing.history.actors import Actor
from billing.ledger import rules as ledger
from billing.money import Money
from billing.periods import add_months

__all__ = ["fill_accounts"]

MONTHS = 5
#: units of each kind that a tier grants a month
GRANTS = {"pro": {"tokens": 20_000}, "business": {"tokens": 100_000, "ai_requests": 500}}
GESTURES = (
    "Sorry for the outage of that afternoon",
    "A welcome for coming over from a competitor",
    "Thanks for the report that found our export bug",
)


@dataclass(slots=True)
class Purse:
    """One credit account while its story is told: the lots as the rules see them."""

    book: Book
    row: Row
    lots: dict[int, rules.Lot] = field(default_factory=dict)
    balance: int = 0

    def enter(
        self,
        movement: str,
        parts: list[tuple[int, int]],
        at: datetime,
        actor: Actor,
        reason: str,
        **more: Any,
    ) -> Row:
        """An entry, and what it does to the lots."""
        amount = sum(part for _, part in parts)
        self.balance += amount
        for lot_id, part in parts:
            lot = self.lots[lot_id]
            self.lots[lot_id] = rules.Lot(
                lot.id, lot.amount, lot.remainder + part, lot.granted_at, lot.expires_at, lot.priority,
                lot.paid_for, lot.is_debt,
            )  # fmt: skip
        entry = self.book.add(
            "creditentry", account_id=self.row["id"], movement=movement, amount=amount,
            balance_after=self.balance, at=at, lot_ids=[lot for lot, _ in parts],
            lot_amounts=[part for _, part in parts], reason=reason, actor_kind=actor.kind,
            actor_ref=actor.ref, actor_name=actor.name, **more,
        )  # fmt: skip
        entry.setdefault("key", f"demo:{entry['id']}")
        return entry

    def lot(self, source: str, amount: int, at: datetime, **columns: Any) -> int:
        row = self.book.add(
            "creditlot", account_id=self.row["id"], source=source, amount=amount, granted_at=at, **columns
        )
        self.lots[row["id"]] = rules.Lot(
            row["id"], amount, 0, at, columns.get("expires_at"), columns.get("priority", 100),
            columns.get("paid_for", False), source == "debt",
        )  # fmt: skip
        return row["id"]

    def grant(
        self, source: str, amount: int, at: datetime, actor: Actor, reason: str, key: str = "", **lot: Any
    ) -> int:
        """A lot and its entry; what is owed is paid first."""
        made = self.lot(source, amount, at, **lot)
        debt = next((each for each in self.lots.values() if each.is_debt and each.remainder < 0), None)
        pays, keeps = rules.plan_grant(-debt.remainder if debt else 0, amount)
        parts = [(debt.id, pays)] if debt else []
        more: dict[str, Any] = {"key": key} if key else {}
        self.enter("grant", [*parts, (made, keeps)], at, actor, reason, **more)
        return made

    def burn(self, amount: int, at: datetime) -> None:
        plan = rules.plan_burn(self.lots.values(), amount, at)
        if plan.parts:
            self.enter(
                "burn", [(part.lot_id, part.amount) for part in plan.parts], at, BILLING, "Usage of the day"
            )

    def expire(self, at: datetime) -> None:
        """What has come to its end by then, each on its day."""
        due = [
            lot for lot in self.lots.values() if lot.remainder > 0 and lot.expires_at and lot.expires_at <= at
        ]
        for lot in sorted(due, key=lambda each: (each.expires_at, each.id)):
            if lot.expires_at:
                self.enter("expire", [(lot.id, -lot.remainder)], lot.expires_at, BILLING, "Expired")

    def claw_back(self, lot_id: int, at: datetime, actor: Actor, reason: str) -> None:
        """The whole of a grant whose money went back; what is no longer there is owed."""
        grant = self.lots[lot_id]
        claw = rules.plan_claw(
            list(self.lots.values()), grant, target=grant.amount, gone_back=0, at=at, may_owe=True
        )
        parts = [(part.lot_id, part.amount) for part in claw.parts]
        if claw.owed:
            parts.append((self.lot("debt", 0, at, priority=0), -claw.owed))
        self.enter("clawback", parts, at, actor, reason, about_id=lot_id)


def fill_accounts(world: World) -> None:
    """Accounts of everybody on a tier that grants, gestures to some others."""
    debts = 0
    for account in world.accounts:
        plan = next(
            (each for each in account.plans if each.slug in GRANTS and each.row["state"] == "active"), None
        )
        if plan is None:
            continue
        for unit, amount in GRANTS[plan.slug].items():
            debts += _months(world, plan, unit, amount, owes=debts < 3 and unit == "tokens")
    _gestures(world)


def _months(world: World, plan: Plan, unit: str, amount: int, *, owes: bool) -> int:
    """The months of one account; one who owes has used a package whose payment was taken back."""
    book, now = world.book, world.book.now
    begun = max(plan.row["created_at"], _months_before(now, MONTHS))
    purse = Purse(book, _account(book, plan, unit, begun))
    at, month = begun, 0
    while at < now - timedelta(days=2):
        ends = _months_after(begun, month + 1)
        purse.expire(at)
        period = at.date()
        purse.grant(
            "tier_grant", amount * plan.item["quantity"], at, BILLING, "Renewal",
            key=f"grant:{plan.row['id']}:{period}:{unit}:", expires_at=ends,
            subscription_id=plan.row["id"], grant_period=period, kind=unit,
        )  # fmt: skip
        for _ in range(book.random.randrange(1, 5)):
            at += timedelta(seconds=book.random.randrange(3_600, 6 * 86_400))
            if at < min(ends, now):
                purse.burn(max(1, amount * book.random.randrange(2, 34) // 100), at)
        if month == 1 and book.chance(20) and ends - timedelta(hours=5) < now:
            at = max(at, ends - timedelta(days=2))
            if at < min(ends, now):
                purse.grant("goodwill", amount // 10, at, book.support(), book.random.choice(GESTURES))
        month, at = month + 1, ends
    last = now - timedelta(hours=30)
    purse.expire(last)
    if owes:
        return _owe(book, purse, amount, last)
    if book.chance(12):
        purse.grant("purchase", amount // 2, last, BILLING, "Package bought", paid_for=True)
    return 0


def _owe(book: Book, purse: Purse, amount: int, at: datetime) -> int:
    bought = purse.grant("purchase", amount, at, BILLING, "Package bought", paid_for=True)
    everything = rules.spendable(purse.lots.values(), at + timedelta(hours=4))
    purse.burn(everything, at + timedelta(hours=4))
    purse.claw_back(bought, at + timedelta(hours=20), book.support(), "Its payment was charged back")
    return 1


def _gestures(world: World) -> None:
    """Store credit for some who pay, posted as goodwill."""
    book = world.book
    for place, account in enumerate(world.accounts):
        if place % 23 or not account.ever_paid:
            continue
        at = book.now - timedelta(days=book.random.randrange(2, 60), hours=3)
        at = max(at, account.customer["created_at"] + timedelta(hours=1))
        if at >= book.now:
            continue
        giver = book.support()
        amount = Money(book.random.choice((500, 1000, 1500)), account.currency)
        draft = ledger.goodwill_store_credit(f"{account.customer['id']}:demo", amount=amount)
        book.post(draft, at, customer_id=account.customer["id"], actor=giver)
        book.tell(
            "customer", account.customer, "credits.granted", at, giver, money=amount,
            reason=book.random.choice(GESTURES), source="goodwill",
        )  # fmt: skip


def _account(book: Book, plan: Plan, unit: str, at: datetime) -> Row:
    return book.add("creditaccount", customer_id=plan.row["customer_id"], unit=unit, created_at=at)


def _months_before(now: datetime, months: int) -> datetime:
    return datetime.combine(add_months(now.date(), -months), now.timetz())


def _months_after(begun: datetime, months: int) -> datetime:
    return datetime.combine(add_months(begun.date(), months), begun.timetz())
