"""Counting MRR: the movements of a customer add up to what their subscriptions are worth, always."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from billing.customers.models import Customer
from billing.history.actors import Actor
from billing.logs import add_facts, service
from billing.subscriptions.models import MrrMovement, Subscription
from billing.subscriptions.mrr import Cause, classify_movement
from billing.subscriptions.queries import Place, Worth, moved, worths
from billing.subscriptions.rules import COUNTS_AS_MRR
from billing.subscriptions.timeline import DatedMovement, Past, movements, steps


@dataclass(frozen=True, slots=True)
class Change:
    """A subscription that was written, from when on the change counts, and what it was.

    Without ``past`` its items of today say nothing of the time before: it was free, or on another plan.
    """

    subscription_id: int
    customer_id: int
    currency: str
    at: datetime
    cause: Cause = "changed"
    past: bool = True


@service("subscriptions")
@transaction.atomic
def record_movements(
    customer_ids: Collection[int], changes: Iterable[Change] = (), *, actor: Actor, now: datetime
) -> int:
    """Writes the movements that are missing until each customer's add up to their MRR; gives how many.

    A customer without any movement in a currency gets the past that their subscriptions tell of. All
    customers stay locked until the transaction ends. Six statements, however many customers.
    """
    if not customer_ids:
        return 0
    list(Customer.objects.select_for_update().filter(pk__in=customer_ids).order_by("pk").values_list("pk"))
    known = moved(customer_ids)
    by_place: dict[Place, list[Worth]] = {}
    for worth in worths(customer_ids):
        place = (worth.subscription.customer_id, worth.subscription.currency)
        by_place.setdefault(place, []).append(worth)
    told = list(changes)
    last_change: dict[Place, Change] = {(c.customer_id, c.currency): c for c in told}
    replanned = {c.subscription_id for c in told if not c.past}
    rows: list[MrrMovement] = []
    for place in sorted(set(by_place) | set(known)):
        total, count, last = known.get(place, (0, 0, None))
        worth_now = sum(w.mrr_minor for w in by_place.get(place, ()) if w.subscription.state in COUNTS_AS_MRR)
        made: list[DatedMovement] = []
        if count == 0:
            before = [w for w in by_place.get(place, ()) if w.subscription.pk not in replanned]
            made = movements(s for w in before for s in steps(_past(w.subscription, w), now))
            total = sum(each.movement.amount_minor for each in made)
        change = last_change.get(place) or _likely(
            by_place.get(place, ()), total, worth_now, place, last, now
        )
        made += _difference(total, worth_now, count + len(made), change, now)
        rows += [_row(place, each, count + number) for number, each in enumerate(made, 1)]
    MrrMovement.objects.bulk_create(rows)
    add_facts(customers=len(customer_ids), movements=len(rows))
    return len(rows)


def record_mrr(
    customer: Customer, currency: str, at: datetime, actor: Actor, *, cause: Cause = "changed"
) -> int:
    """Writes what one customer's MRR in a currency did at a moment; gives the number of movements."""
    change = Change(0, customer.pk, currency, at, cause)
    return record_movements({customer.pk}, [change], actor=actor, now=at)


def _past(row: Subscription, worth: Worth) -> Past:
    return Past(row.pk, row.state, worth.mrr_minor, row.created_at, row.trial_ends_at, row.ended_at)


def _likely(
    theirs: Iterable[Worth], before: int, after: int, place: Place, last: datetime | None, now: datetime
) -> Change:
    """The change behind a difference that nobody names: what ended since the last movement where MRR fell,
    what began since then where it rose. Where neither did, it is dated ``now``."""
    rows = [worth.subscription for worth in theirs if worth.mrr_minor]
    if after < before:
        moments = [(row.ended_at, row.pk) for row in rows if row.state == "canceled" and row.ended_at]
    else:
        counting = [row for row in rows if row.state in COUNTS_AS_MRR]
        moments = [(max(row.created_at, row.trial_ends_at or row.created_at), row.pk) for row in counting]
    at, pk = max(((at, pk) for at, pk in moments if last is None or at > last), default=(now, 0))
    return Change(pk, *place, at)


def _difference(total: int, worth_now: int, count: int, change: Change, now: datetime) -> list[DatedMovement]:
    found = classify_movement(total, worth_now, count > 0, change.cause)
    return [DatedMovement(min(change.at, now), change.subscription_id, each) for each in found]


def _row(place: Place, dated: DatedMovement, number: int) -> MrrMovement:
    customer_id, currency = place
    return MrrMovement(
        customer_id=customer_id,
        subscription_id=dated.subscription_id or None,
        day=dated.at.date(),
        at=dated.at,
        currency=currency,
        kind=dated.movement.kind,
        amount_minor=dated.movement.amount_minor,
        cause=f"mrr:{customer_id}:{currency}:{number}",
    )
