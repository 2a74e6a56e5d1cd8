"""Marks that come later, and marks that go: a card added during a trial, old addresses, an erasure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from billing.customers.erasing import on_erasure
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import add_facts, service
from billing.subscriptions.trials.claiming import _lock_clusters
from billing.subscriptions.trials.hashing import mark_hash
from billing.subscriptions.trials.models import TrialCluster, TrialMark, TrialStart

__all__ = ["ADDRESS_DAYS", "forget_old_addresses", "forget_trial_marks", "note_cards"]

#: For how long it is kept which network address a trial came from, as a keyed hash.
ADDRESS_DAYS = 90
BATCH = 1000


@service("trials")
@transaction.atomic
def note_cards(*, customer_id: int, fingerprints: Iterable[str], now: datetime) -> int:
    """Marks a customer's trial with cards that came after its start; how many were new.

    They refuse nobody, but a card of another customer's trial shows them as one cluster.
    """
    trial = TrialStart.objects.filter(customer=customer_id).first()
    marks = sorted(("card", mark_hash("card", each)) for each in set(fingerprints) if each)
    if trial is None or not marks:
        return 0
    clusters = _lock_clusters(marks, now)
    known = set(TrialMark.objects.filter(trial=trial).values_list("cluster_id", flat=True))
    fresh = [each for each in clusters if each.pk not in known]
    TrialMark.objects.bulk_create(TrialMark(trial=trial, cluster=each, at=now) for each in fresh)
    one = int(trial.state == "converted")
    TrialCluster.objects.filter(pk__in=[each.pk for each in fresh]).update(
        trials=F("trials") + 1, converted=F("converted") + one, last_at=now
    )
    return len(fresh)


@service("trials")
@transaction.atomic
def forget_trial_marks(*, customer_id: int, actor: Actor, now: datetime) -> int:
    """Erases what the customer's trial was known by; how many marks went.

    That there was a trial stays, under the customer's reference. With the hashes goes what would refuse the
    same person another one: an erasure is worth more.
    """
    trial = TrialStart.objects.filter(customer=customer_id).first()
    if trial is None:
        return 0
    gone = _forget(list(TrialMark.objects.filter(trial=trial).values_list("pk", flat=True)))
    if gone:
        record(trial, "marks_erased", actor=actor, now=now, marks=gone)
    return gone


@service("trials")
def forget_old_addresses(*, now: datetime) -> int:
    """Drops the network addresses of trials that started long ago; how many marks went."""
    old = TrialMark.objects.filter(cluster__kind="address", at__lt=now - timedelta(days=ADDRESS_DAYS))
    gone = 0
    while some := list(old.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            gone += _forget(some)
    add_facts(forgotten=gone)
    return gone


def _forget(mark_ids: list[int]) -> int:
    """Deletes marks and counts them off their clusters; a cluster that holds nothing goes too."""
    ids = TrialMark.objects.filter(pk__in=mark_ids).values_list("cluster_id", flat=True)
    held = list(TrialCluster.objects.select_for_update().filter(pk__in=list(ids)).order_by("kind", "hash"))
    marks = list(TrialMark.objects.select_related("trial").filter(pk__in=mark_ids))
    for cluster in held:
        lost = [each for each in marks if each.cluster_id == cluster.pk]
        won = sum(each.trial.state == "converted" for each in lost)
        TrialCluster.objects.filter(pk=cluster.pk).update(
            converted=Greatest(F("converted") - won, 0), trials=Greatest(F("trials") - len(lost), 0)
        )
    TrialMark.objects.filter(pk__in=[each.pk for each in marks]).delete()
    TrialCluster.objects.filter(pk__in=[each.pk for each in held], trials=0).delete()
    return len(marks)


on_erasure("trials", forget_trial_marks)
