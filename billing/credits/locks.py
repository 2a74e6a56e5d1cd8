"""The one lock of credits, the account's row, and what is written under it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from billing.credits import rules
from billing.credits.models import CreditAccount, CreditEntry, CreditLot, CreditSource
from billing.credits.told import Moved, other_content
from billing.errors import Missing
from billing.logs import note_odd

__all__ = ["as_rule", "lock_account", "lock_accounts", "open_lots", "repeated", "write_entry"]

#: What of `told` stands in columns of an entry.
TOLD = (
    "key", "digest", "reason", "actor_kind", "actor_ref", "actor_name", "request_id", "subject_kind",
    "subject_id", "cause",
)  # fmt: skip


def lock_accounts(account_ids: Iterable[int]) -> dict[int, CreditAccount]:
    """Locks accounts in the order in which everybody locks them; inside a transaction."""
    found = CreditAccount.objects.select_for_update(no_key=True).filter(pk__in=set(account_ids))
    return {account.pk: account for account in found.order_by("customer_id", "pk")}


def lock_account(account_id: int) -> CreditAccount:
    """Locks one account. Raises `Missing`, and leaves a line in the log, when there is none."""
    account = lock_accounts([account_id]).get(account_id)
    if account is None:
        note_odd("credits.unknown_account", account=account_id)
        raise Missing("credit_account_missing", "This credit account is not here.")
    return account


def as_rule(lot: CreditLot) -> rules.Lot:
    return rules.Lot(
        id=lot.pk,
        amount=lot.amount,
        remainder=lot.remainder,
        granted_at=lot.granted_at,
        expires_at=lot.expires_at,
        priority=lot.priority,
        paid_for=lot.paid_for,
        is_debt=lot.source == CreditSource.DEBT,
    )


def open_lots(account: CreditAccount) -> list[rules.Lot]:
    """The lots of a locked account that hold something, a debt among them."""
    return [as_rule(lot) for lot in CreditLot.objects.filter(account=account, is_open=True)]


def repeated(who: dict[str, Any]) -> Moved | None:
    """The answer given before under this key; under the account's lock. `Conflict` for other content."""
    entry = CreditEntry.objects.filter(key=who["key"]).first()
    if entry is None:
        return None
    if entry.digest != who["digest"]:
        raise other_content(who["key"])
    return moved(entry, repeated=True)


def write_entry(
    account: CreditAccount,
    movement: str,
    parts: Sequence[rules.Part],
    who: dict[str, Any],
    *,
    now: datetime,
    **more: Any,
) -> Moved:
    """Inserts an entry of a locked account, which moves its lots and balance."""
    return moved(write_entries([entry_of(account, movement, parts, who, now=now, **more)])[0])


def entry_of(
    account: CreditAccount,
    movement: str,
    parts: Sequence[rules.Part],
    who: dict[str, Any],
    *,
    now: datetime,
    **more: Any,
) -> CreditEntry:
    """An unsaved entry; the account in memory then holds the balance after it."""
    amount = sum(part.amount for part in parts)
    account.balance += amount
    return CreditEntry(
        account=account,
        movement=movement,
        amount=amount,
        balance_after=account.balance,
        at=now,
        lot_ids=[part.lot_id for part in parts],
        lot_amounts=[part.amount for part in parts],
        **{name: who[name] for name in TOLD if name in who},
        **more,
    )


def write_entries(entries: Sequence[CreditEntry]) -> list[CreditEntry]:
    """Inserts entries of locked accounts in one statement."""
    return CreditEntry.objects.bulk_create(entries)


def moved(entry: CreditEntry, *, repeated: bool = False, lot_id: int | None = None) -> Moved:
    return Moved(
        entry.pk,
        entry.account_id,
        entry.amount,
        entry.balance_after,
        tuple(zip(entry.lot_ids, entry.lot_amounts, strict=True)),
        repeated,
        lot_id,
        entry.shortfall,
    )


def debt_of(account: CreditAccount, *, now: datetime) -> int:
    """The id of the account's open debt lot, made when there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT billing_credit_owe(%s, %s)", [account.pk, now])
        return cursor.fetchone()[0]
