"""Which lots pay, what a refund takes back, and what sold units earn: pure decisions.

`plan_burn` says in Python what the database's function says in SQL; a property test holds the two together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from billing.money import exact, round_half_away

__all__ = [
    "Claw",
    "Lot",
    "Part",
    "Plan",
    "PutBack",
    "burn_order",
    "claw_target",
    "earned",
    "plan_burn",
    "plan_claw",
    "plan_grant",
    "put_back",
    "spendable",
]

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lot:
    """What the rules know of a lot. A debt has an amount of 0 and a remainder below it."""

    id: int
    amount: int
    remainder: int
    granted_at: datetime
    expires_at: datetime | None = None
    priority: int = 100
    paid_for: bool = False
    is_debt: bool = False

    def is_usable(self, at: datetime) -> bool:
        return self.remainder > 0 and (self.expires_at is None or self.expires_at > at)

    @property
    def room(self) -> int:
        """How much can be put back into it."""
        return -self.remainder if self.is_debt else self.amount - self.remainder


@dataclass(frozen=True, slots=True)
class Part:
    """What a movement gives to (above zero) or takes from (below zero) one lot."""

    lot_id: int
    amount: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How an amount is taken; what is `missing` could not be."""

    parts: tuple[Part, ...]
    missing: int

    @property
    def taken(self) -> int:
        return -sum(part.amount for part in self.parts)


@dataclass(frozen=True, slots=True)
class Claw:
    """`parts` come from lots, `owed` becomes debt, `forgiven` is what policy does not claim."""

    parts: tuple[Part, ...]
    owed: int
    forgiven: int


@dataclass(frozen=True, slots=True)
class PutBack:
    """`parts` return to lots and pay a debt; `left_over` finds no room and needs a new lot."""

    parts: tuple[Part, ...]
    left_over: int


def burn_order(lot: Lot) -> tuple[int, datetime, bool, datetime, int]:
    """Lowest priority number, then soonest expiry, then granted before paid for, then oldest."""
    return (lot.priority, lot.expires_at or NEVER, lot.paid_for, lot.granted_at, lot.id)


def spendable(lots: Iterable[Lot], at: datetime) -> int:
    """What can be used at that moment: lots that expire at it have expired."""
    return sum(lot.remainder for lot in lots if lot.is_usable(at))


def plan_burn(lots: Iterable[Lot], amount: int, at: datetime) -> Plan:
    """Takes from usable lots in burn order, as far as they go."""
    return _take(sorted((lot for lot in lots if lot.is_usable(at)), key=burn_order), amount)


def plan_grant(debt: int, amount: int) -> tuple[int, int]:
    """How much of a grant pays a debt of `debt` units, and how much is left in its lot."""
    pays = min(max(debt, 0), amount)
    return pays, amount - pays


def claw_target(granted: int, *, returned_minor: int, paid_minor: int) -> int:
    """How many of the granted units belong to what was given back so far, in proportion; never more than all.

    `returned_minor` counts everything given back for the payment up to now, by refund or by dispute.
    """
    if paid_minor <= 0 or returned_minor <= 0:
        return 0
    return min(granted, round_half_away(granted * exact(returned_minor) / paid_minor))


def plan_claw(
    lots: Sequence[Lot], grant: Lot, *, target: int, gone_back: int, at: datetime, may_owe: bool
) -> Claw:
    """Claws back up to `target` units of a grant.

    `gone_back` is what of the grant was clawed back before, taken back or has expired: the customer had no
    use of it, so it counts, and the end is the same whichever came first. The grant's own lot gives first,
    then the others in burn order; what none holds is owed.
    """
    wanted = max(0, target - gone_back)
    own = [lot for lot in lots if lot.id == grant.id and lot.is_usable(at)]
    others = sorted((lot for lot in lots if lot.id != grant.id and lot.is_usable(at)), key=burn_order)
    plan = _take([*own, *others], wanted)
    return Claw(plan.parts, plan.missing if may_owe else 0, 0 if may_owe else plan.missing)


def put_back(lots: Sequence[Lot], taken: Iterable[Part]) -> PutBack:
    """Returns what an entry took: an open debt is paid first, then the lots that gave, as they have room."""
    parts = [part for part in taken if part.amount < 0]
    amount = -sum(part.amount for part in parts)
    by_id = {lot.id: lot for lot in lots}
    given: list[Part] = []
    debt = next((lot for lot in lots if lot.is_debt and lot.remainder < 0), None)
    if debt is not None:
        pays = min(-debt.remainder, amount)
        given.append(Part(debt.id, pays))
        amount -= pays
    for part in parts:
        lot = by_id.get(part.lot_id)
        if lot is None or lot.is_debt:
            continue
        gives = min(-part.amount, lot.room, amount)
        if gives > 0:
            given.append(Part(lot.id, gives))
            amount -= gives
    return PutBack(tuple(given), amount)


def earned(sold_minor: int, amount: int, *, before: int, after: int) -> int:
    """What of a lot's price its fall from one remainder to another earns; below zero when it rises.

    Rounded cumulatively: however a lot is used up, the shares add up to its price.
    """
    return _used_share(sold_minor, amount, after) - _used_share(sold_minor, amount, before)


def _used_share(sold_minor: int, amount: int, remainder: int) -> int:
    return round_half_away(sold_minor * exact(amount - remainder) / amount)


def _take(lots: Iterable[Lot], amount: int) -> Plan:
    parts: list[Part] = []
    for lot in lots:
        if amount <= 0:
            break
        takes = min(lot.remainder, amount)
        parts.append(Part(lot.id, -takes))
        amount -= takes
    return Plan(tuple(parts), max(amount, 0))
