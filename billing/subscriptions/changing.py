"""Changing what a subscription is on: tier, interval or seats, at once or with its next period."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import transaction

from billing.catalog.models import Price as PriceRow
from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.invoices.models import Invoice
from billing.logs import add_facts, service
from billing.subscriptions.changes import ChangeKind, PendingChange, SubscriptionChange
from billing.subscriptions.changing_rules import (
    Outcome,
    change_now,
    check_item,
    check_same_currency,
    running_period,
)
from billing.subscriptions.doing import (
    Ask,
    bill,
    count,
    done_before,
    keep,
    lock,
    open_change,
    put_item,
    put_period,
    says,
)
from billing.subscriptions.facts import billed_after, fact_of, price_of
from billing.subscriptions.granting import top_up
from billing.subscriptions.models import Subscription
from billing.subscriptions.plans import Facts, Item, in_words

__all__ = ["CHANGEABLE", "Changed", "When", "change_subscription", "item_wanted", "plan_change"]

type When = Literal["now", "period_end"]

#: States in which a plan can be changed; a paused one is resumed first, an unpaid one paid.
CHANGEABLE = frozenset({"trialing", "active", "past_due"})


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change did: its record, the invoice it brought if any, or what is planned."""

    subscription: Subscription
    change: SubscriptionChange
    invoice: Invoice | None = None
    planned: PendingChange | None = None


def item_wanted(facts: Facts, price_id: int, quantity: int) -> Item:
    """The first item with this price and so many seats. Raises `InvalidInput` for a price not sold."""
    row = PriceRow.objects.select_related("tier").filter(pk=price_id).first()
    if row is None:
        raise InvalidInput("price_unknown", "Price: choose one from the catalog.", field="price")
    old = facts.main
    if price_id != old.price.id and (not row.is_active or row.tier.is_archived):
        raise InvalidInput(
            "price_not_sold", f"Price: {row.tier.name} at this price is no longer sold.", field="price"
        )
    item = Item(price_of(row), quantity, old.discount_minor if price_id == old.price.id else 0, old.id)
    check_item(item)
    check_same_currency(facts, item)
    return item


def plan_change(facts: Facts, item: Item, now: datetime) -> Outcome:
    """What changing now would bring; reads the lines that billed the period and writes nothing."""
    if facts.state not in CHANGEABLE:
        raise Conflict(
            "subscription_not_changeable",
            f"{facts.reference} is {facts.state.replace('_', ' ')}: change its plan once it runs again.",
        )
    return change_now(facts, item, billed_after(facts.id, now), now)


@service("subscriptions")
@transaction.atomic
def change_subscription(
    *,
    subscription_id: int,
    price_id: int,
    quantity: int,
    when: When = "now",
    asked_by: str = "staff",
    reason: str,
    actor: Actor,
    now: datetime,
    key: str | None = None,
) -> Changed:
    """Puts the subscription on a price and a number of seats, at once or with its next period.

    At once: the unused time is given back at what it cost and the rest is billed, on one invoice; a change
    that waited is withdrawn. With its next period: it waits, one at a time, in place of another. The same key
    does nothing twice. Raises `Conflict` for what a gateway collects, has ended or does not run,
    `InvalidInput` for seats, price or currency that cannot be.
    """
    now = now.replace(microsecond=0)
    ask = Ask(asked_by, reason, actor, now, key)
    ask.check()
    if when not in ("now", "period_end"):
        raise InvalidInput("when_unknown", "When: choose now or the end of its period.", field="when")
    subscription = lock(subscription_id, ours=False)
    kind = ChangeKind.PLAN if when == "now" else ChangeKind.PLAN_LATER
    if before := done_before(subscription_id, ask, kind):
        return _again(subscription, before)
    subscription = lock(subscription_id)
    facts = fact_of(subscription)
    item = item_wanted(facts, price_id, quantity)
    done = _now(subscription, facts, item, ask) if when == "now" else _later(subscription, facts, item, ask)
    add_facts(subscription=subscription.reference, when=when, plan=in_words(item))
    return done


def _now(subscription: Subscription, facts: Facts, item: Item, ask: Ask) -> Changed:
    outcome = plan_change(facts, item, ask.now)
    withdraw(subscription, ask)
    put_item(facts.main.id, item)
    subscription.save(update_fields=put_period(subscription, outcome.anchor_at, outcome.period))
    after = fact_of(subscription)
    change = keep(subscription, ChangeKind.PLAN, ask, before=says(facts), after=says(after))
    count(subscription, ask.now, ask, past=False)
    top_up(subscription, before=facts, after=after, change_id=change.pk, actor=ask.actor, now=ask.now)
    invoice = bill(after, outcome.pieces, cause=f"change:{change.pk}", ask=ask)
    return Changed(subscription, change, invoice)


def _later(subscription: Subscription, facts: Facts, item: Item, ask: Ask) -> Changed:
    if facts.state not in CHANGEABLE:
        raise Conflict(
            "subscription_not_changeable",
            f"{facts.reference} is {facts.state.replace('_', ' ')}: plan a change once it runs again.",
        )
    period = running_period(facts, ask.now)
    if (item.price.id, item.quantity) == (facts.main.price.id, facts.main.quantity):
        raise InvalidInput(
            "nothing_changes", f"Plan: {in_words(item)} is what it is on. Choose another.", field="price"
        )
    if facts.cancel_at is not None and facts.cancel_at <= period.end:
        raise Conflict(
            "subscription_ends",
            f"{facts.reference} ends on {facts.cancel_at:%-d %B %Y}: undo that first, then plan the change.",
        )
    if len(facts.items) > 1 and item.price.interval != facts.main.price.interval:
        raise InvalidInput(
            "items_of_one_interval",
            f"Price: the {len(facts.items)} items of {facts.reference} share one interval. Choose one of it.",
            field="price",
        )
    withdraw(subscription, ask)
    planned = PendingChange.objects.create(
        subscription=subscription,
        price_id=item.price.id,
        quantity=item.quantity,
        applies_at=period.end,
        asked_by=ask.asked_by,
        reason=ask.reason.strip(),
        actor_ref=ask.actor.ref,
        actor_name=ask.actor.name,
        created_at=ask.now,
    )
    after = {"plan": in_words(item), "applies_at": period.end.isoformat(), "planned": planned.pk}
    change = keep(subscription, ChangeKind.PLAN_LATER, ask, before=says(facts), after=after)
    return Changed(subscription, change, planned=planned)


def withdraw(subscription: Subscription, ask: Ask) -> PendingChange | None:
    """Takes back the change that waits, if one does; the caller holds the lock."""
    waiting = open_change(subscription.pk)
    if waiting is not None:
        waiting.withdrawn_at = ask.now
        waiting.save(update_fields=["withdrawn_at"])
    return waiting


def _again(subscription: Subscription, before: SubscriptionChange) -> Changed:
    invoice = Invoice.objects.filter(cause=f"change:{before.pk}").first()
    planned = PendingChange.objects.filter(pk=before.after.get("planned")).first()
    return Changed(subscription, before, invoice, planned)
