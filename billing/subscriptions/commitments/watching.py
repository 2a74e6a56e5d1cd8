"""The watch: canceled subscriptions are looked at until they have ended with their terms."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from billing.errors import Refused
from billing.gateways.errors import GatewayError
from billing.history.context import acting
from billing.logs import add_facts, service
from billing.subscriptions.commitments.agreeing import finish
from billing.subscriptions.commitments.locks import lock_commitment
from billing.subscriptions.commitments.models import RUNNING, Commitment
from billing.subscriptions.commitments.queue import SET
from billing.subscriptions.commitments.setting import WORKER, alert, collector, look, record_found
from billing.subscriptions.rules import TERMINAL

__all__ = ["resume_settings", "watch_commitments"]

BATCH = 200
#: How long an end may be "being set" before somebody is told.
PATIENCE = timedelta(hours=1)
GRACE = timedelta(minutes=2)


@service("commitments")
def watch_commitments(*, now: datetime, limit: int = 10_000) -> int:
    """Looks at every commitment whose time to be looked at has come; how many were.

    Each is asked about, judged and written by itself, so that one that cannot be asked stops nobody. A
    renewed term begins, an ended one ends; what would bill beyond opens an alert, which closes by itself.
    """
    watched, after = 0, 0
    with acting(WORKER):
        while watched < limit:
            batch = list(
                Commitment.objects.filter(Q(watch_at__lte=now), state__in=RUNNING, pk__gt=after)
                .select_related("subscription")
                .order_by("pk")[:BATCH]
            )
            if not batch:
                break
            after = batch[-1].pk
            for commitment in batch:
                _watch(commitment, now)
            watched += len(batch)
    add_facts(watched=watched)
    return watched


@service("commitments")
def resume_settings(*, now: datetime) -> int:
    """Gives a job to each end that is to be set and has none; how many."""
    waiting = Commitment.objects.filter(state="canceling", cancel_asked_at__lt=now - GRACE)
    ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:BATCH])
    lost = SET.without_one(ids)
    for commitment_id in lost:
        with transaction.atomic():
            SET.enqueue(commitment_id)
    add_facts(resumed=len(lost))
    return len(lost)


def _watch(commitment: Commitment, now: datetime) -> None:
    if commitment.cancel_asked_at is None:
        _let_end(commitment.pk, now)
        return
    if commitment.state == "canceling":
        _remind(commitment, now)
        return
    try:
        found = look(commitment, now)
        record_found(commitment_id=commitment.pk, found=found, call=commitment.call, now=now)
    except (GatewayError, Refused) as trouble:
        # Nobody knows whether it holds: it is asked again in an hour, and the last finding stands until then.
        add_facts(**{f"unwatched_{commitment.reference}": trouble.code})
        Commitment.objects.filter(pk=commitment.pk).update(watch_at=now + timedelta(hours=1))


@transaction.atomic
def _let_end(commitment_id: int, now: datetime) -> None:
    """A term that nobody canceled is over at its end, and begins again where that was agreed."""
    subscription, commitment = lock_commitment(commitment_id)
    if commitment.state != "agreed" or commitment.cancel_asked_at is not None:
        return
    if subscription.state in TERMINAL:
        finish(commitment, reason="The subscription has ended", actor=WORKER, now=now)
    elif commitment.ends_at <= now:
        finish(commitment, reason="The term is over", actor=WORKER, now=now)


def _remind(commitment: Commitment, now: datetime) -> None:
    """An end that is still being set after an hour is told; the job goes on trying."""
    if commitment.cancel_asked_at and now - commitment.cancel_asked_at > PATIENCE:
        who = collector(commitment.subscription)
        alert(commitment, f"{who} has not been told yet: {commitment.found or 'no answer so far'}", now)
    Commitment.objects.filter(pk=commitment.pk).update(watch_at=now + PATIENCE)
