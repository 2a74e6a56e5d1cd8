"""What is kept of a plan's credits up to a cap: the rest is taken before the next grant, for many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, QuerySet

from billing.credits import rules
from billing.credits.locks import entry_of, lock_accounts, write_entries
from billing.credits.models import CreditEntry, CreditLot, Movement
from billing.credits.told import told
from billing.fields import AnyOf
from billing.history.actors import Actor
from billing.history.models import HistoryEntry
from billing.history.services import entry

__all__ = ["Cap", "lapse_beyond"]

REASON = "Beyond what is carried over"


@dataclass(frozen=True, slots=True)
class Cap:
    """Of a subscription's grants of a kind, ``most`` units are kept into the grant period that begins on
    ``period``."""

    subscription_id: int
    kind: str
    period: date
    most: int


def lapse_beyond(caps: Sequence[Cap], *, actor: Actor, now: datetime) -> int:
    """Takes what these subscriptions hold beyond their caps, oldest lots first; how many units went.

    A cap whose period has been granted already was applied then, and is left alone. As many statements for a
    thousand as for one; the accounts stay locked until the caller's transaction ends.
    """
    if not caps:
        return 0
    with transaction.atomic():
        ids = sorted({each.subscription_id for each in caps})
        account_ids = _lots(ids).values_list("account_id", flat=True)
        accounts = lock_accounts(account_ids)
        held: dict[tuple[int, str], list[CreditLot]] = {}
        for lot in _lots(ids).order_by("granted_at", "pk"):
            held.setdefault((lot.subscription_id or 0, lot.kind), []).append(lot)
        granted = _granted(ids, {each.period for each in caps})
        entries: list[CreditEntry] = []
        units = 0
        # Each period of a subscription that is behind has its turn on what the one before has left.
        for cap in sorted(caps, key=lambda each: (each.period, each.subscription_id, each.kind)):
            lots = held.get((cap.subscription_id, cap.kind), [])
            if (cap.subscription_id, cap.kind, cap.period) in granted:
                continue
            beyond = sum(lot.remainder for lot in lots) - cap.most
            for lot in lots:
                taken = min(lot.remainder, beyond)
                if taken <= 0:
                    continue
                lot.remainder -= taken
                beyond -= taken
                units += taken
                who = told(
                    key=f"lapse:{lot.pk}:{cap.period:%Y%m%d}",
                    actor=actor,
                    reason=REASON,
                    content=("take_back", lot.pk, taken),
                )
                part = rules.Part(lot.pk, -taken)
                entries.append(entry_of(accounts[lot.account_id], Movement.TAKE_BACK, [part], who, now=now))
        _write(entries, actor, now)
    return units


def _lots(subscription_ids: list[int]) -> QuerySet[CreditLot]:
    return CreditLot.objects.filter(
        AnyOf(F("subscription_id"), subscription_ids), remainder__gt=0, grant_period__isnull=False
    )


def _granted(subscription_ids: list[int], periods: set[date]) -> set[tuple[int | None, str, date | None]]:
    """Which grants of these periods there are, used up or not."""
    rows = CreditLot.objects.filter(
        AnyOf(F("subscription_id"), subscription_ids), grant_period__in=sorted(periods), cause=""
    )
    return set(rows.values_list("subscription_id", "kind", "grant_period"))


def _write(entries: list[CreditEntry], actor: Actor, now: datetime) -> None:
    if not entries:
        return
    HistoryEntry.objects.bulk_create(
        entry(
            made.account,
            "credits.taken_back",
            actor=actor,
            now=now,
            reason=REASON,
            entry=made.pk,
            amount=made.amount,
            balance_after=made.balance_after,
            unit=made.account.unit,
            currency=made.account.currency,
            lot=made.lot_ids[0],
        )
        for made in write_entries(entries)
    )
