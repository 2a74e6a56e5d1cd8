"""What sold units earn when they are used, and what is left of them when they expire."""

from collections.abc import Mapping
from datetime import datetime

from billing.credits import rules
from billing.credits.models import CreditLot
from billing.credits.told import Moved
from billing.history.actors import Actor
from billing.ledger import rules as ledger
from billing.ledger.services import Entry, count_posted, post_many
from billing.money import Money

__all__ = ["earn", "earn_at_once"]


def earn(
    parts: Mapping[int, int],
    *,
    entry_id: int,
    actor: Actor,
    now: datetime,
    expired: bool = False,
    put_back: bool = False,
) -> int:
    """Posts what a movement that has just been written earns on lots that were sold; how many postings.

    ``parts`` are lot ids with what the movement gave (above zero) or took. Units put back take their revenue
    back. Shares are cumulative per lot, so that they add up to what it was sold for.
    """
    lots = CreditLot.objects.filter(pk__in=parts, sold_minor__isnull=False)
    entries = []
    for lot in lots.select_related("account"):
        amount = rules.earned(
            lot.sold_minor or 0, lot.amount, before=lot.remainder - parts[lot.pk], after=lot.remainder
        )
        if not amount:
            continue
        money = Money(abs(amount), lot.sold_currency)
        reference = f"{entry_id}:{lot.pk}"
        if put_back:
            draft = ledger.tokens_put_back(reference, amount=money, expired=expired)
        elif expired:
            draft = ledger.tokens_expired(reference, amount=money)
        else:
            draft = ledger.tokens_burnt(reference, amount=money)
        entries.append(Entry(draft, lot.account.customer_id, lot))
    return count_posted(entries, actor=actor, now=now) if entries else 0


def earn_at_once(moved: Moved, sold: Money, *, actor: Actor, now: datetime) -> None:
    """Posts what of a package just granted went into a debt: units that had been used before."""
    lot = CreditLot.objects.select_related("account").get(pk=moved.lot_id or 0)
    minor = rules.earned(sold.minor, lot.amount, before=lot.amount, after=lot.remainder)
    if minor:
        draft = ledger.tokens_burnt(f"{moved.entry_id}:{lot.pk}", amount=Money(minor, sold.currency))
        post_many([Entry(draft, lot.account.customer_id, lot)], actor=actor, now=now)
