"""Starting billing runs: by hand, by schedule, and dry ones; and taking up what a killed worker left."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from billing.billing_run import queue
from billing.billing_run.due import SUBJECT, count_due, due, owing
from billing.billing_run.running import ACTOR, BILLING_RUN
from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.jobs.models import Run, RunRow, RunState
from billing.jobs.services import SILENT, is_silent
from billing.logs import add_facts, service
from billing.periods import BILLING_ZONE

__all__ = ["DRY_RUN", "KINDS", "end_of", "start_dry_run", "start_run", "start_scheduled", "take_up_silent"]

DRY_RUN = "billing_dry_run"
KINDS = (BILLING_RUN, DRY_RUN)
#: What failed is left alone by the schedule for so long; a person may try it again at any time.
AGAIN_AFTER = timedelta(hours=20)
FURTHEST = timedelta(days=800)


def end_of(day: date) -> datetime:
    """The last moment of a day in the zone in which periods are counted."""
    return datetime.combine(day, time.max, tzinfo=BILLING_ZONE)


@service("billing_run")
@transaction.atomic
def start_run(*, actor: Actor, now: datetime, form_key: str | None = None) -> Run:
    """Starts billing everything that is due by now; one `form_key` makes one run.

    Raises `Conflict` when nothing is due, or while another run is under way: that one bills it.
    """
    if form_key and (known := Run.objects.filter(form_key=form_key).first()):
        return known
    if live := under_way(now):
        raise Conflict(
            "billing_run_under_way",
            f"Billing run {live.pk} is under way and bills what is due: follow it on its page.",
            facts={"run": live.pk},
        )
    total = count_due(now)
    if not total:
        raise Conflict("nothing_due", "Nothing is due: every subscription that we collect has been billed.")
    run = _create(BILLING_RUN, "Billing run", now, total, actor, now, form_key)
    queue.defer_work(run.pk)
    add_facts(run=run.pk, due=total)
    return run


@service("billing_run")
@transaction.atomic
def start_dry_run(*, day: date, actor: Actor, now: datetime, form_key: str | None = None) -> Run:
    """Starts working out what billing up to the end of a day would write; it writes nothing of it.

    Raises `InvalidInput` for a day that is past, or further away than anybody can tell.
    """
    if form_key and (known := Run.objects.filter(form_key=form_key).first()):
        return known
    until = end_of(day)
    if until < now:
        raise InvalidInput("day_is_past", "Until: choose today or a day to come.", field="until")
    if until > now + FURTHEST:
        raise InvalidInput("day_too_far", "Until: choose a day within the next two years.", field="until")
    run = _create(DRY_RUN, "Dry run", until, None, actor, now, form_key)
    queue.defer_forecast(run.pk)
    add_facts(run=run.pk, until=day.isoformat())
    return run


@service("billing_run")
@transaction.atomic
def start_scheduled(*, now: datetime) -> Run | None:
    """Starts what the schedule bills this hour; None when there is nothing to do.

    Nothing is lost when it does not come: what is due stays due, and the next run bills every period that
    has begun meanwhile. What failed within the last day does not start a run by itself.
    """
    if under_way(now) is not None:
        return None
    lately = Run.objects.filter(kind=BILLING_RUN, created_at__gt=now - AGAIN_AFTER).values("pk")
    failed = RunRow.objects.filter(
        run_id__in=lately, subject_kind=SUBJECT, subject_id=OuterRef("pk"), ok=False
    )
    if not any(rows.filter(~Exists(failed)).exists() for rows in (due(now), owing(now))):
        return None
    key = f"billing:{now.astimezone(BILLING_ZONE):%Y-%m-%dT%H}"
    if Run.objects.filter(form_key=key).exists():
        return None
    run = _create(BILLING_RUN, "Billing run", now, count_due(now), ACTOR, now, key)
    queue.defer_work(run.pk)
    add_facts(run=run.pk, due=run.total)
    return run


@service("billing_run")
def take_up_silent(*, now: datetime) -> int:
    """Gives runs another worker whose last one has said nothing for two minutes; how many there were."""
    silent = Run.objects.filter(kind__in=KINDS, state=RunState.RUNNING, heartbeat_at__lt=now - SILENT)
    ids = list(silent.values_list("pk", "kind")[:100])
    for run_id, kind in ids:
        with transaction.atomic():
            Run.objects.filter(pk=run_id).update(heartbeat_at=now)
            queue_again(run_id, kind)
    return len(ids)


def queue_again(run_id: int, kind: str) -> None:
    """Queues a run for workers, in the caller's transaction."""
    if kind == DRY_RUN:
        queue.defer_forecast(run_id)
    else:
        queue.defer_work(run_id)


def under_way(now: datetime, kinds: Iterable[str] = (BILLING_RUN,)) -> Run | None:
    """The run that bills at this moment: not one that is paused, nor one whose workers are gone."""
    live = Run.objects.filter(kind__in=list(kinds), state__in=(RunState.QUEUED, RunState.RUNNING))
    return next((run for run in live.order_by("-pk")[:20] if not is_silent(run, now)), None)


def _create(
    kind: str, title: str, until: datetime, total: int | None, actor: Actor, now: datetime, key: str | None
) -> Run:
    return Run.objects.create(
        kind=kind,
        title=title,
        asked={"until": until.isoformat()},
        total=total,
        form_key=key,
        started_by_ref=actor.ref,
        started_by_name=actor.name,
        created_at=now,
    )
