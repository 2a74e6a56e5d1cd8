"""Renewing a batch of locked subscriptions: decided one by one, written all together.

The rules say what each one's ended period brings; then each table is written in as many statements for a
thousand as for one, the invoices last, because their numbers are taken under a lock that all batches share.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from billing.billing_run.applying import apply_items, apply_periods, write_changes, write_moves
from billing.billing_run.foreseeing import after
from billing.billing_run.outcome import Outcome, sum_up
from billing.billing_run.steps import Step
from billing.billing_run.usage import unknown_usage
from billing.billing_run.using import Used, bill_usage, write_billed
from billing.customers.models import Customer
from billing.errors import Refused
from billing.history.actors import Actor
from billing.invoices.issuing import write_invoices
from billing.invoices.orders import prepare
from billing.subscriptions.facts import facts_of
from billing.subscriptions.granting import give, plan_grants
from billing.subscriptions.models import Subscription
from billing.subscriptions.movements import Change, record_movements
from billing.subscriptions.renewing_rules import renew
from billing.subscriptions.trials.ending import what_becomes_of
from billing.subscriptions.trials.following import follow_trials
from billing.tax.profiles import profiles_of
from billing.tax.seller import the_seller

__all__ = ["decide_all", "renew_batch"]


def renew_batch(rows: Sequence[Subscription], *, until: datetime, actor: Actor, now: datetime) -> Outcome:
    """Renews each by one period, in the caller's transaction, whose locks hold them.

    Who cannot be billed is among the ``failures`` with a sentence, and nothing is written for them. Raises
    what a statement raises when the books refuse it; then nothing at all is written.
    """
    steps, failures = decide_all(rows, now=now)
    steps, used, unknown = bill_usage(steps, actor=actor, now=now)
    failures |= unknown
    try:
        with transaction.atomic():
            done = _write(steps, used, until=until, actor=actor, now=now)
    except Refused as refusal:
        bad = _unbillable(steps, now=now)
        if not bad:
            raise refusal
        failures |= bad
        # The first try has changed the rows in memory: what is written starts from the books again.
        fresh = Subscription.objects.in_bulk([each.row.pk for each in steps if each.row.pk not in bad])
        again = [replace(each, row=fresh[each.row.pk]) for each in steps if each.row.pk in fresh]
        left = [each for each in used if each.subscription_id in fresh]
        done = _write(again, left, until=until, actor=actor, now=now)
    done.failures = failures
    return done


def decide_all(rows: Collection[Subscription], *, now: datetime) -> tuple[list[Step], dict[int, str]]:
    """What the end of its period brings to each, and why nothing can be said of some. Writes nothing."""
    facts = facts_of(rows)
    trials = [row for row in rows if row.state == "trialing"]
    becomes = what_becomes_of(trials, now) if trials else {}
    failures = unknown_usage(facts.values())
    steps: list[Step] = []
    for row in rows:
        if row.pk in failures:
            continue
        if not facts[row.pk].items:
            failures[row.pk] = f"{row.reference} has no item, so there is nothing to bill: give it a price."
            continue
        try:
            renewal = renew(facts[row.pk], trial_end=becomes.get(row.pk, "convert"))
            steps.append(Step(row, facts[row.pk], renewal))
        except Refused as refusal:
            failures[row.pk] = refusal.sentence
        except (ValueError, ArithmeticError) as error:
            failures[row.pk] = f"{row.reference} cannot be renewed: {error}."
    return steps, failures


def _write(
    steps: Sequence[Step], used: Sequence[Used], *, until: datetime, actor: Actor, now: datetime
) -> Outcome:
    for each in steps:
        each.put(now)
    going_on = [each.row for each in steps if each.goes_on]
    grants, _ = plan_grants(
        going_on, {each.row.pk: after(each.facts, each.renewal) for each in steps if each.goes_on}, now=now
    )
    apply_items(steps, now=now)
    apply_periods(steps)
    write_moves(steps, actor=actor, now=now)
    write_changes(steps, actor=actor, now=now)
    _count(steps, actor=actor, now=now)
    trials = [each.row.pk for each in steps if each.facts.state == "trialing"]
    if trials:
        follow_trials(subscription_ids=trials, actor=actor, now=now)
    give(grants, actor=actor, now=now)
    invoices = write_invoices([each.order for each in steps if each.renewal.pieces], actor=actor, now=now)
    write_billed(used, invoices, now=now)
    return Outcome(
        renewed=len(going_on),
        ended=len(steps) - len(going_on),
        again=sum(row.current_period_end is not None and row.current_period_end <= until for row in going_on),
        sums=sum_up(invoices),
    )


def _count(steps: Sequence[Step], *, actor: Actor, now: datetime) -> None:
    """MRR moves where a plan changed, a trial began to pay, or somebody left; else it stays."""
    moved = [each for each in steps if each.renewal.what != "renewed"]
    if not moved:
        return
    changes = [
        Change(
            each.row.pk,
            each.row.customer_id,
            each.row.currency,
            each.renewal.at,
            past=each.renewal.what != "changed",
        )
        for each in moved
    ]
    record_movements({each.row.customer_id for each in moved}, changes, actor=actor, now=now)


def _unbillable(steps: Sequence[Step], *, now: datetime) -> dict[int, str]:
    """Why each of those that cannot be billed cannot: said for all at once, not one in each try."""
    orders = [(each.row.pk, each.order) for each in steps if each.renewal.pieces]
    customers = Customer.objects.select_related("identity").filter(
        pk__in={order.customer_id for _, order in orders}
    )
    profiles = profiles_of(customers)
    seller = the_seller()
    found: dict[int, str] = {}
    for pk, order in orders:
        try:
            prepare(order, profiles[order.customer_id], (), seller=seller, today=now.date())
        except Refused as refusal:
            found[pk] = refusal.sentence
    return found
