"""Lots that come to their end: told beforehand, taken on the day, booked as breakage."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from billing.credits import rules
from billing.credits.earning import earn
from billing.credits.locks import entry_of, lock_accounts, write_entries
from billing.credits.models import CreditEntry, CreditLot, Movement
from billing.credits.told import posting_key, told
from billing.history.actors import Actor
from billing.ids import form_key
from billing.ledger import rules as ledger
from billing.ledger.services import Entry, post_many
from billing.logs import add_facts, service
from billing.money import Money

__all__ = ["Warned", "expire_due", "expire_lot_ids", "warn_before_expiry"]

BATCH = 500
WARNED_BEFORE = timedelta(days=7)
NOTE = """
WITH noted AS (
    INSERT INTO billing_expirynotice (lot_id, expires_at, amount, noted_at)
    SELECT l.id, l.expires_at, l.remainder, %(now)s FROM billing_creditlot l
    WHERE l.is_open AND l.remainder > 0 AND l.expires_at > %(now)s AND l.expires_at <= %(until)s
      AND NOT EXISTS (
        SELECT 1 FROM billing_expirynotice n WHERE n.lot_id = l.id AND n.expires_at = l.expires_at)
    ORDER BY l.expires_at, l.id LIMIT %(limit)s
    ON CONFLICT DO NOTHING RETURNING lot_id, expires_at, amount
)
SELECT a.customer_id, a.unit, a.currency, n.lot_id, n.amount, n.expires_at
FROM noted n JOIN billing_creditlot l ON l.id = n.lot_id JOIN billing_creditaccount a ON a.id = l.account_id
ORDER BY n.expires_at, n.lot_id
"""


@dataclass(frozen=True, slots=True)
class Warned:
    """One customer to be told that ``amount`` of a unit ends at ``expires_at``."""

    customer_id: int
    unit: str
    currency: str
    lot_id: int
    amount: int
    expires_at: datetime


@service("credits")
def expire_due(*, actor: Actor, now: datetime, limit: int = 100_000) -> int:
    """Takes what is left of lots whose end has come, in batches; says how many lots.

    Each batch is a transaction, and a lot ends once, however many workers do it.
    """
    done = 0
    while done < limit:
        due = CreditLot.objects.filter(is_open=True, remainder__gt=0, expires_at__lte=now)
        found = list(due.order_by("expires_at", "pk").values_list("pk", flat=True)[:BATCH])
        if not found:
            break
        done += expire_lot_ids(found, actor=actor, now=now)
    add_facts(lots=done)
    return done


def expire_lot_ids(lot_ids: Sequence[int], *, actor: Actor, now: datetime) -> int:
    """Expires those of the lots that are due and hold something once their accounts are locked."""
    with transaction.atomic():
        account_ids = CreditLot.objects.filter(pk__in=lot_ids).values_list("account_id", flat=True)
        accounts = lock_accounts(account_ids)
        due = CreditLot.objects.filter(
            pk__in=lot_ids, is_open=True, remainder__gt=0, expires_at__lte=now
        ).order_by("pk")
        lots = list(due)
        entries, postings = [], []
        for lot in lots:
            account = accounts[lot.account_id]
            key, cause = f"expire:{lot.pk}:{form_key()}", ""
            if account.is_money:
                draft = ledger.store_credit_expired(
                    key.partition(":")[2],
                    amount=Money(lot.remainder, account.currency),
                    paid_for=lot.paid_for,
                )
                postings.append(Entry(draft, account.customer_id, lot))
                key, cause = posting_key(draft.cause, account.currency), draft.cause
            who = told(key=key, actor=actor, reason="Expired", cause=cause)
            entries.append(
                entry_of(account, Movement.EXPIRE, [rules.Part(lot.pk, -lot.remainder)], who, now=now)
            )
        written = write_entries(entries)
        if postings:
            post_many(postings, actor=actor, now=now)
        _earn(written, lots, actor=actor, now=now)
    return len(lots)


def _earn(entries: Sequence[CreditEntry], lots: Sequence[CreditLot], *, actor: Actor, now: datetime) -> None:
    for entry, lot in zip(entries, lots, strict=True):
        if lot.sold_minor is not None:
            earn({lot.pk: entry.amount}, entry_id=entry.pk, actor=actor, now=now, expired=True)


@service("credits")
def warn_before_expiry(
    *, actor: Actor, now: datetime, within: timedelta = WARNED_BEFORE, limit: int = 5_000
) -> list[Warned]:
    """Who is to be told now that something of theirs ends within so long; each lot once for each date.

    What is returned has been noted, so that the next call leaves it out; a date that is moved is told anew.
    Of two calls at once each returns what it noted itself.
    """
    with connection.cursor() as cursor:
        cursor.execute(NOTE, {"now": now, "until": now + within, "limit": limit})
        warned = [Warned(*row) for row in cursor.fetchall()]
    add_facts(told=len(warned))
    return warned
