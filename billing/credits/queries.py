"""Reading credits: balances, lots over time, the ledger, and which lot paid what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet, Sum

from billing.credits import rules
from billing.credits.locks import as_rule
from billing.credits.models import (
    CreditAccount,
    CreditEntry,
    CreditEntryLot,
    CreditLot,
    CreditSource,
    Movement,
)
from billing.credits.reversing import GIVES_BACK

__all__ = [
    "Bar",
    "LedgerPage",
    "Standing",
    "account_of",
    "accounts_of",
    "balances_many",
    "ledger_page",
    "lots_of",
    "paid_by",
    "preview_burn",
    "preview_reverse",
    "reversible",
    "standing_of",
    "uses_of",
]

PAGE = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """An account in figures: `balance` = `spendable` + `ended` (expired, not yet taken) − `owed`."""

    balance: int
    spendable: int
    owed: int
    ended: int
    next_expiry: datetime | None
    expiring_then: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A lot over time. ``burn_place`` is its place in burn order from 1, None where nothing can be used."""

    lot: CreditLot
    starts_at: datetime
    ends_at: datetime | None
    used: int
    left: int
    burn_place: int | None

    @property
    def percent_left(self) -> int:
        """Whole percent of the amount that is left, rounded down, at least 1 while anything is."""
        if self.left <= 0 or not self.lot.amount:
            return 0
        return max(1, 100 * self.left // self.lot.amount)


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Entries newest first, each with its balance; ``older`` is the id to ask on from, None at the end."""

    entries: list[CreditEntry]
    older: int | None


def account_of(customer_id: int, unit: str, currency: str = "") -> CreditAccount | None:
    return CreditAccount.objects.filter(customer_id=customer_id, unit=unit, currency=currency).first()


def accounts_of(customer_id: int) -> QuerySet[CreditAccount]:
    """All accounts of a customer, units first, then store credit by currency."""
    return CreditAccount.objects.filter(customer_id=customer_id).order_by("currency", "unit")


def balances_many(customer_ids: Iterable[int]) -> dict[int, dict[tuple[str, str], int]]:
    """For lists: customer → (unit, currency) → balance. One query, nothing for who has no account."""
    found: dict[int, dict[tuple[str, str], int]] = {}
    rows = CreditAccount.objects.filter(customer_id__in=list(customer_ids))
    for customer, unit, currency, balance in rows.values_list("customer_id", "unit", "currency", "balance"):
        found.setdefault(customer, {})[unit, currency] = balance
    return found


def standing_of(account: CreditAccount, *, now: datetime) -> Standing:
    """What can be used now, what is owed, and what ends next."""
    lots = [as_rule(lot) for lot in CreditLot.objects.filter(account=account, is_open=True)]
    usable = [lot for lot in lots if lot.is_usable(now)]
    spendable, owed = rules.spendable(lots, now), -sum(lot.remainder for lot in lots if lot.is_debt)
    ended = sum(lot.remainder for lot in lots if lot.remainder > 0 and not lot.is_usable(now))
    ends = sorted(lot.expires_at for lot in usable if lot.expires_at)
    first = ends[0] if ends else None
    then = sum(lot.remainder for lot in usable if first and lot.expires_at == first)
    return Standing(sum(lot.remainder for lot in lots), spendable, owed, ended, first, then)


def lots_of(account: CreditAccount, *, now: datetime, open_only: bool = False, limit: int = 200) -> list[Bar]:
    """The account's lots as bars, those that can be used first in burn order, then the newest."""
    rows = CreditLot.objects.filter(account=account).select_related("subscription")
    usable = sorted(
        (lot for lot in rows.filter(is_open=True) if as_rule(lot).is_usable(now)),
        key=lambda lot: rules.burn_order(as_rule(lot)),
    )
    place = {lot.pk: at for at, lot in enumerate(usable, start=1)}
    others = rows.exclude(pk__in=place)
    if open_only:
        others = others.filter(is_open=True)
    shown = [*usable, *others.order_by("-granted_at", "-pk")[: max(0, limit - len(usable))]]
    return [
        Bar(
            lot,
            lot.granted_at,
            lot.expires_at,
            0 if lot.source == CreditSource.DEBT else lot.amount - lot.remainder,
            lot.remainder,
            place.get(lot.pk),
        )
        for lot in shown
    ]


def ledger_page(
    account: CreditAccount, *, before: int | None = None, limit: int = PAGE, movement: str = ""
) -> LedgerPage:
    """A page of the account's ledger by key: the hundred-thousandth opens as fast as the first."""
    rows = CreditEntry.objects.filter(account=account)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if movement:
        rows = rows.filter(movement=movement)
    found = list(rows.order_by("-pk").prefetch_related("parts__lot")[: limit + 1])
    return LedgerPage(found[:limit], found[limit - 1].pk if len(found) > limit else None)


def paid_by(subject_kind: str, subject_id: int) -> QuerySet[CreditEntryLot]:
    """Which lots paid for a usage (or an invoice), and what each gave."""
    return (
        CreditEntryLot.objects.filter(entry__subject_kind=subject_kind, entry__subject_id=subject_id)
        .select_related("entry", "lot")
        .order_by("entry_id", "pk")
    )


def uses_of(lot: CreditLot, *, limit: int = PAGE) -> QuerySet[CreditEntryLot]:
    """What a lot was used for, newest first."""
    return CreditEntryLot.objects.filter(lot=lot).select_related("entry").order_by("-entry_id")[:limit]


def preview_burn(account: CreditAccount, amount: int, *, now: datetime) -> rules.Plan:
    """Which lots would pay, and what would be missing; writes nothing."""
    lots = CreditLot.objects.filter(account=account, is_open=True)
    return rules.plan_burn([as_rule(lot) for lot in lots], amount, now)


def totals_by_source(account: CreditAccount) -> dict[str, int]:
    """What is left in the account, by where it came from."""
    rows = CreditLot.objects.filter(account=account).filter(Q(is_open=True))
    return dict(rows.values_list("source").annotate(Sum("remainder")).order_by("source"))


def reversible(entries: Iterable[CreditEntry], account: CreditAccount) -> set[int]:
    """Which of these movements of one account have an opposite and were not undone. One query."""
    if account.is_money:
        return set()
    kinds = {*GIVES_BACK, Movement.GRANT}
    found = {entry.pk for entry in entries if entry.movement in kinds}
    return found - set(CreditEntry.objects.filter(reverses__in=found).values_list("reverses_id", flat=True))


def preview_reverse(entry: CreditEntry) -> rules.PutBack | None:
    """What would return to which lots; None for what takes a grant back. Writes nothing."""
    if entry.amount >= 0 and entry.movement == Movement.GRANT:
        return None
    taken = [rules.Part(*pair) for pair in zip(entry.lot_ids, entry.lot_amounts, strict=True)]
    rows = CreditLot.objects.filter(Q(account=entry.account_id, is_open=True) | Q(pk__in=entry.lot_ids))
    return rules.put_back([as_rule(lot) for lot in rows], taken)
