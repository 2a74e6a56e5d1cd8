"""Writing what gateways tell of subscriptions."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from billing.catalog.models import Price
from billing.catalog.services import mention_prices
from billing.customers.models import Customer
from billing.customers.services import mention_customers
from billing.gateways.facts import SubscriptionFact
from billing.history.actors import Actor
from billing.history.keeping import Kept, Told, keep
from billing.history.models import HistoryEntry
from billing.history.services import entry
from billing.ids import new_short_reference
from billing.logs import add_facts, service
from billing.subscriptions.granting import grant_told
from billing.subscriptions.models import CollectedBy, Subscription, SubscriptionItem
from billing.subscriptions.movements import Change, record_movements, record_mrr
from billing.subscriptions.mrr import Cause
from billing.subscriptions.rules import MACHINE

__all__ = ["record_mrr", "record_subscription", "record_subscriptions"]


@service("subscriptions")
@transaction.atomic
def record_subscriptions(
    facts: Sequence[SubscriptionFact], *, actor: Actor, now: datetime, with_mrr: bool = True
) -> dict[str, Kept]:
    """Makes our subscriptions and their items say what a gateway tells; its moves of state are its own.

    Without ``with_mrr`` the caller owes `record_movements` for the customers: an import counts them once
    all their subscriptions are known.
    """
    kept: dict[str, Kept] = {}
    for gateway in {fact.gateway for fact in facts}:
        some = {f.gateway_id: f for f in sorted(facts, key=lambda f: f.as_of) if f.gateway == gateway}
        customers = mention_customers(gateway, {f.customer_id for f in some.values()}, actor=actor, now=now)
        told = [_told(fact, customers[fact.customer_id], with_mrr) for fact in some.values()]
        here = keep(Subscription, gateway, told, actor=actor, now=now, machine=MACHINE)
        prices = mention_prices(
            [item.price for fact in some.values() for item in fact.items], actor=actor, now=now
        )
        fresh = {gid: some[gid] for gid, each in here.items() if each.outcome != "older"}
        replanned = _replace_items(gateway, fresh, here, prices, actor, now)
        if with_mrr:
            _count(some, here, actor, now)
            ids = {gid: each.row.pk for gid, each in here.items() if each.outcome != "older"}
            changed = [ids[gid] for gid in replanned if gid in ids]
            grant_told(ids.values(), changed, actor=actor, now=now)
        kept |= here
    add_facts(told=len(facts), written=sum(each.written for each in kept.values()))
    return kept


def record_subscription(fact: SubscriptionFact, *, actor: Actor, now: datetime) -> Subscription:
    """As `record_subscriptions`, for one."""
    return record_subscriptions([fact], actor=actor, now=now)[fact.gateway_id].row


def _told(fact: SubscriptionFact, customer: Customer, live: bool) -> Told:
    """An imported one has had the credits of the period that it is in; its next come with the next."""
    due = None if live else fact.current_period_end
    return Told(
        fact.gateway_id,
        fact.as_of,
        {
            "customer_id": customer.pk,
            "state": fact.state,
            "currency": fact.currency,
            "anchor_at": fact.anchor_at,
            "current_period_start": fact.current_period_start,
            "current_period_end": fact.current_period_end,
            "trial_ends_at": fact.trial_ends_at,
            "cancel_at_period_end": fact.cancel_at_period_end,
            "cancel_at": fact.cancel_at,
            "canceled_at": fact.canceled_at,
            "ended_at": fact.ended_at,
            "created_at": fact.created_at,
        },
        {
            "reference": new_short_reference("SUB"),
            "collected_by": CollectedBy.GATEWAY,
            "credits_due_at": due,
        },
    )


def _replace_items(
    gateway: str,
    facts: Mapping[str, SubscriptionFact],
    kept: Mapping[str, Kept],
    prices: Mapping[str, Price],
    actor: Actor,
    now: datetime,
) -> set[str]:
    """Inserts, changes and deletes items until they are those told, and writes once that they moved.

    Gives which of the subscriptions had others.
    """
    owners = {item.gateway_id: gid for gid, fact in facts.items() for item in fact.items}
    told = [
        Told(
            item.gateway_id,
            fact.as_of,
            {
                "subscription_id": kept[gid].row.pk,
                "price_id": prices[item.price.gateway_id].pk,
                "quantity": item.quantity,
                "discount_minor": item.discount_minor,
            },
        )
        for gid, fact in facts.items()
        for item in fact.items
    ]
    items = keep(SubscriptionItem, gateway, told, actor=actor, now=now, history=False)
    moved = {owners[gid] for gid, each in items.items() if each.written}
    by_row = {each.row.pk: gid for gid, each in kept.items()}
    gone = SubscriptionItem.objects.filter(subscription__in=[kept[gid].row.pk for gid in facts]).exclude(
        gateway_id__in=list(items)
    )
    gone_from = {by_row[pk] for pk in gone.values_list("subscription_id", flat=True)}
    if gone_from:
        gone.delete()
    entries: list[HistoryEntry] = []
    for gid in sorted(moved | gone_from):
        if kept[gid].outcome == "same":
            kept[gid].outcome = "changed"
        if kept[gid].outcome == "changed":
            says = [
                {"price": prices[item.price.gateway_id].pk, "quantity": item.quantity}
                for item in facts[gid].items
            ]
            entries.append(entry(kept[gid].row, "items", actor=actor, now=now, items=says))
    HistoryEntry.objects.bulk_create(entries)
    return moved | gone_from


def _count(
    facts: Mapping[str, SubscriptionFact], kept: Mapping[str, Kept], actor: Actor, now: datetime
) -> None:
    changes = [
        Change(
            each.row.pk, each.row.customer_id, each.row.currency, _moved_at(facts[gid], each), _cause(each)
        )
        for gid, each in kept.items()
        if each.written
    ]
    record_movements({c.customer_id for c in changes}, changes, actor=actor, now=now)


def _moved_at(fact: SubscriptionFact, kept: Kept) -> datetime:
    """Churn is dated when it ended, not when we heard of it."""
    if fact.state == "canceled" and fact.ended_at:
        return fact.ended_at
    return fact.as_of


def _cause(kept: Kept) -> Cause:
    if kept.row.state == "paused":
        return "paused"
    return "resumed" if kept.was.get("state") == "paused" else "changed"
