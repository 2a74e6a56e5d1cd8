"""Subscriptions that are due, runs over them, and what both came to."""

from datetime import UTC, datetime, timedelta
from typing import Any

from billing.billing_run.running import BILLING_RUN, work_on
from billing.billing_run.starting import start_dry_run, start_run
from billing.history.actors import person
from billing.jobs.models import Run
from billing.models import Invoice, Price, Subscription
from billing.periods import Interval, add_interval
from tests import make

INES = person(2, "Ines Marchetti")
#: The first of a month, so that a period begun on it ended a month later.
BEGAN = datetime(2026, 10, 18, 9, 0, tzinfo=UTC)
NOW = make.NOW


def due(
    count: int = 1, *, at: Price | None = None, began: datetime = BEGAN, **more: Any
) -> list[Subscription]:
    """Subscriptions whose first period, a month, has ended; each of a customer of its own in Germany."""
    priced = at or make.price()
    interval = Interval(priced.interval_unit, priced.interval_count)
    fields = {
        "anchor_at": began,
        "current_period_start": began,
        "current_period_end": add_interval(began, 1, interval),
        "created_at": began,
        **more,
    }
    return [make.subscription(make.customer(), priced, **fields) for _ in range(count)]


def begin(now: datetime = NOW) -> Run:
    return start_run(actor=INES, now=now)


def bill(now: datetime = NOW, **more: Any) -> Run:
    """Starts a run and does it here."""
    run = begin(now)
    return carry_out(run, now, **more)


def carry_out(run: Run, now: datetime = NOW, **more: Any) -> Run:
    return work_on(run_id=run.pk, worker="here", clock=lambda: now, sleep=lambda seconds: None, **more)


def foresee(days: int, now: datetime = NOW) -> Run:
    """A dry run so many days ahead."""
    from billing.billing_run.forecasting import forecast

    run = start_dry_run(day=(now + timedelta(days=days)).date(), actor=INES, now=now)
    return forecast(run_id=run.pk, clock=lambda: now)


def invoices_of(row: Subscription) -> list[Invoice]:
    return list(Invoice.objects.filter(subscription=row).order_by("pk"))


def totals(row: Subscription) -> list[int]:
    return [each.total_minor for each in invoices_of(row)]


def failures(run: Run) -> dict[str, str]:
    """Sentences by reference."""
    return dict(run.rows.filter(ok=False).values_list("label", "message"))


__all__ = ["BEGAN", "BILLING_RUN", "INES", "NOW", "begin", "bill", "carry_out", "due", "failures", "foresee"]
