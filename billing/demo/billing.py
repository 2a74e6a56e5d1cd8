"""The desk's own billing on the book's last day: a dry run of the week to come, and the morning's run."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from billing.billing_run.services import forecast, start_dry_run, start_run, work_on
from billing.errors import Refused
from billing.history.actors import Actor, system

__all__ = ["bill_the_morning"]

WEEK = timedelta(days=7)
MORNING = timedelta(hours=9)
WORKER = "halden-worker-1"


def bill_the_morning(people: Sequence[Actor], *, now: datetime) -> int:
    """Foresees a week and bills what came due up to nine in the morning of the day after ``now``, or up to
    this moment if that is earlier; says how many were billed."""
    at = max(now, min(now + MORNING, timezone.now()))
    dry = start_dry_run(day=(at + WEEK).date(), actor=people[-1], now=now)
    forecast(run_id=dry.pk, clock=lambda: now)
    try:
        run = start_run(actor=system("billing run"), now=at)
    except Refused:  # quiet: nobody of a small company came due that night
        return 0
    return work_on(run_id=run.pk, worker=WORKER, clock=lambda: at).done
