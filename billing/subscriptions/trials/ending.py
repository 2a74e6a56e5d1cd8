"""The end of trials: who can be charged goes on at the price, who cannot does what the policy says."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from billing.customers.models import Customer
from billing.history.actors import Actor
from billing.history.services import move
from billing.logs import add_facts, service
from billing.subscriptions.models import CollectedBy, Subscription
from billing.subscriptions.models import Collection as Collecting
from billing.subscriptions.rules import MACHINE
from billing.subscriptions.trials.claiming import policy
from billing.subscriptions.trials.following import follow_trials, settle_trials
from billing.subscriptions.trials.rules import End, what_at_the_end

__all__ = ["due_trials", "end_due_trials", "what_becomes_of"]

BATCH = 200
WHY = {
    "cancel": "The trial ended without a payment method",
    "pause": "The trial ended without a payment method, and waits for one",
}


def due_trials(now: datetime) -> QuerySet[Subscription]:
    """Trials of our own whose time is over, the oldest first."""
    return Subscription.objects.filter(
        collected_by=CollectedBy.US, state="trialing", current_period_end__lte=now
    ).order_by("current_period_end", "pk")


def what_becomes_of(subscriptions: Collection[Subscription], now: datetime) -> dict[int, End]:
    """What each of these trials comes to at its end, by subscription. Three queries for any number.

    One that is to end, ends. One that can be charged (a payment method that has not expired), is sent its
    invoices or costs nothing, goes on. Any other does what the policy says.
    """
    payers = _with_method({each.customer_id for each in subscriptions}, now)
    costs = _that_cost([each.pk for each in subscriptions])
    rules = policy()
    return {
        each.pk: what_at_the_end(
            has_method=each.customer_id in payers or each.collection == Collecting.SEND,
            costs=each.pk in costs,
            leaves=each.cancel_at is not None
            and each.current_period_end is not None
            and each.cancel_at <= each.current_period_end,
            policy=rules,
        )
        for each in subscriptions
    }


@service("trials")
def end_due_trials(*, actor: Actor, now: datetime, limit: int = 100_000) -> int:
    """Ends the trials that are over and do not go on, and notes what became of all others; how many ended.

    Batches of `BATCH` commit by themselves and leave out what others hold, so that a killed run is taken up
    by the next one and many workers share the work. A trial that goes on is not touched: the renewal of its
    period converts and bills it, and asks `what_becomes_of` first.
    """
    ended, after = 0, 0
    while ended < limit:
        with transaction.atomic():
            batch = list(
                due_trials(now)
                .order_by("pk")
                .filter(pk__gt=after)
                .select_for_update(skip_locked=True, of=("self",))[:BATCH]
            )
            if not batch:
                break
            after = batch[-1].pk
            ended += _end(batch, actor, now)
    settled = settle_trials(actor=actor, now=now)
    add_facts(ended=ended, settled=settled)
    return ended


def _end(batch: list[Subscription], actor: Actor, now: datetime) -> int:
    becomes = what_becomes_of(batch, now)
    over = [each for each in batch if becomes[each.pk] != "convert"]
    for each in over:
        ends_at = each.current_period_end or now
        leaves = each.cancel_at is not None and each.cancel_at <= ends_at
        if becomes[each.pk] == "pause":
            move(each, MACHINE, "paused", actor=actor, now=now, reason=WHY["pause"], also={"paused_at": now})
            continue
        also = {"ended_at": ends_at, "canceled_at": each.canceled_at or now}
        reason = "Canceled at the end of the trial" if leaves else WHY["cancel"]
        move(each, MACHINE, "canceled", actor=actor, now=now, reason=reason, also=also)
    follow_trials(subscription_ids=[each.pk for each in over], actor=actor, now=now)
    return len(over)


def _with_method(customer_ids: Collection[int], now: datetime) -> set[int]:
    """The customers who have a payment method that can be charged this month."""
    fresh = (
        Q(payment_methods__exp_year__isnull=True)
        | Q(payment_methods__exp_year__gt=now.year)
        | Q(payment_methods__exp_year=now.year, payment_methods__exp_month__gte=now.month)
    )
    found = Customer.objects.filter(
        fresh,
        pk__in=list(customer_ids),
        payment_methods__isnull=False,
        payment_methods__detached_at__isnull=True,
    )
    return set(found.values_list("pk", flat=True))


def _that_cost(subscription_ids: Collection[int]) -> set[int]:
    """The subscriptions whose periods cost something."""
    rows = Subscription.objects.filter(
        pk__in=list(subscription_ids),
        items__price__unit_amount_minor__gt=0,
        items__discount_minor__lt=F("items__price__unit_amount_minor") * F("items__quantity"),
    )
    return set(rows.values_list("pk", flat=True))
