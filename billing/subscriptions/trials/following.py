"""What became of trials: their records follow their subscriptions, whoever moved those."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from billing.history.actors import Actor
from billing.history.models import HistoryEntry
from billing.history.services import entry
from billing.logs import add_facts, service
from billing.subscriptions.models import Subscription
from billing.subscriptions.trials.models import TrialCluster, TrialMark, TrialStart
from billing.subscriptions.trials.rules import MACHINE, outcome_of

__all__ = ["attach", "follow_trials", "settle_trials"]

BATCH = 500
TRYING = ("trialing", "incomplete")


@service("trials")
def attach(*, trial: TrialStart, subscription: Subscription) -> TrialStart:
    """Ties a trial, claimed in this transaction, to the subscription that it is a trial of."""
    trial.subscription = subscription
    trial.save(update_fields=["subscription"])
    return trial


@service("trials")
@transaction.atomic
def follow_trials(
    *, subscription_ids: Collection[int], actor: Actor, now: datetime, at: datetime | None = None
) -> int:
    """Writes what became of the trials of these subscriptions; how many were decided.

    ``at`` is when it happened where the caller knows, else the subscription says, or it is ``now``. A trial
    that still runs, and one decided before, are left as they are. A fixed number of statements.
    """
    mine = TrialStart.objects.filter(subscription__in=list(subscription_ids), state="started")
    running = list(mine.select_for_update(of=("self",)).select_related("subscription").order_by("pk"))
    decided: list[TrialStart] = []
    entries: list[HistoryEntry] = []
    for trial in running:
        if trial.subscription is None:
            continue
        outcome = _outcome(trial.subscription)
        if outcome == "started":
            continue
        MACHINE.require(trial.state, outcome)
        trial.state = outcome
        trial.decided_at = at or _when(trial.subscription, outcome, now)
        decided.append(trial)
        entries.append(entry(trial, "state", actor=actor, now=now, from_state="started", to_state=outcome))
    TrialStart.objects.bulk_update(decided, ["state", "decided_at"])
    HistoryEntry.objects.bulk_create(entries)
    _count_converted([each.pk for each in decided if each.state == "converted"])
    add_facts(decided=len(decided))
    return len(decided)


@service("trials")
def settle_trials(*, actor: Actor, now: datetime, limit: int = 10_000) -> int:
    """Decides the trials whose subscriptions have moved on without anybody telling; how many.

    Each batch commits by itself: killed, the rest is found again by the next call.
    """
    settled, after = 0, 0
    moved_on = (
        TrialStart.objects.filter(state="started", subscription__isnull=False)
        .exclude(subscription__state__in=TRYING)
        .order_by("pk")
    )
    while settled < limit:
        some = list(moved_on.filter(pk__gt=after).values_list("pk", "subscription_id")[:BATCH])
        if not some:
            break
        after = some[-1][0]
        settled += follow_trials(
            subscription_ids=[each for _, each in some if each is not None], actor=actor, now=now
        )
    add_facts(settled=settled)
    return settled


def _outcome(subscription: Subscription) -> str:
    over = subscription.trial_ends_at
    began = subscription.current_period_start
    left = subscription.ended_at
    return outcome_of(
        subscription.state,
        had_period=bool(over and began and began >= over),
        left_early=bool(left and over and left < over),
    )


def _when(subscription: Subscription, outcome: str, now: datetime) -> datetime:
    if outcome == "converted":
        over = subscription.trial_ends_at
        return over if over and over <= now else now
    return subscription.ended_at or now


def _count_converted(trial_ids: list[int]) -> None:
    """Adds to the clusters of these trials; in one order, since others lock them too."""
    if not trial_ids:
        return
    shared = TrialMark.objects.filter(trial__in=trial_ids).values_list("cluster_id", flat=True)
    counts: dict[int, int] = {}
    for pk in shared:
        counts[pk] = counts.get(pk, 0) + 1
    list(
        TrialCluster.objects.select_for_update()
        .filter(pk__in=list(counts))
        .order_by("kind", "hash")
        .values_list("pk")
    )
    for many in set(counts.values()):
        same = Q(pk__in=[pk for pk, count in counts.items() if count == many])
        TrialCluster.objects.filter(same).update(converted=F("converted") + many)
