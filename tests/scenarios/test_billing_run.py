"""Two years of one customer, billed by the schedule alone, in dates and cents."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.billing_run.services import start_scheduled, work_on
from billing.models import Invoice, MrrMovement, Subscription
from billing.subscriptions.canceling import cancel_subscription
from billing.subscriptions.changing import change_subscription
from billing.subscriptions.starting import start_subscription
from tests import make
from tests.billing.billing_run.desk import INES
from tests.books import what_is_broken

pytestmark = [pytest.mark.scenario, pytest.mark.django_db]
BEGIN = datetime(2026, 1, 1, 9, tzinfo=UTC)


def schedule(first: datetime, last: datetime) -> None:
    """The schedule comes once a week only: every day between is a day missed."""
    now = first
    while now <= last:
        run = start_scheduled(now=now)
        if run is not None:
            done = work_on(run_id=run.pk, worker="worker", clock=lambda now=now: now, sleep=lambda s: None)
            assert (done.state, done.failed) == ("done", 0), list(done.rows.values_list("message"))
        now += timedelta(days=7)


def test_trial_then_monthly_then_larger_then_yearly_then_gone():
    customer = make.customer()
    make.method(customer, exp_year=2030)
    starter = make.price(make.tier(name="Starter", trial_days=14, rank=1), unit_amount_minor=1900)
    team = make.tier(name="Team", rank=2)
    monthly = make.price(team, unit_amount_minor=4900)
    yearly = make.price(team, unit_amount_minor=49000, interval_unit="year")

    def change(at: datetime, price: object) -> None:
        change_subscription(
            subscription_id=row.pk, price_id=price.pk, quantity=1, when="period_end", reason="They grow",
            actor=INES, now=at,
        )  # fmt: skip

    started = start_subscription(
        customer_id=customer.pk, price_id=starter.pk, trial=True, reason="Asked by phone", key="k" * 8,
        actor=INES, now=BEGIN,
    )  # fmt: skip
    row = Subscription.objects.get(pk=started.subscription.pk)
    assert (row.state, row.current_period_end) == ("trialing", datetime(2026, 1, 15, 9, tzinfo=UTC))

    schedule(BEGIN, datetime(2026, 5, 21, 12, tzinfo=UTC))
    change(datetime(2026, 5, 22, 8, tzinfo=UTC), monthly)
    schedule(datetime(2026, 5, 22, 9, 5, tzinfo=UTC), datetime(2026, 12, 19, tzinfo=UTC))
    change(datetime(2026, 12, 20, 10, tzinfo=UTC), yearly)
    schedule(datetime(2026, 12, 21, 9, 5, tzinfo=UTC), datetime(2027, 2, 28, tzinfo=UTC))
    cancel_subscription(
        subscription_id=row.pk, when="period_end", reason="They merge", actor=INES,
        now=datetime(2027, 3, 1, 10, tzinfo=UTC),
    )  # fmt: skip
    schedule(datetime(2027, 3, 4, 9, 5, tzinfo=UTC), datetime(2028, 1, 31, tzinfo=UTC))

    invoices = Invoice.objects.filter(subscription=row).order_by("pk")
    told = [(f"{each.lines.get().period_start:%Y-%m-%d}", each.total_minor) for each in invoices]
    assert told == [
        *[(f"2026-{month:02}-15", 2261) for month in range(1, 6)],
        *[(f"2026-{month:02}-15", 5831) for month in range(6, 13)],
        ("2027-01-15", 58310),
    ]
    assert sum(each.total_minor for each in invoices) == 110_432
    periods = [(each.lines.get().period_start, each.lines.get().period_end) for each in invoices]
    assert [end for _, end in periods[:-1]] == [start for start, _ in periods[1:]], (
        "no day twice, none left out"
    )

    row.refresh_from_db()
    assert (row.state, row.ended_at) == ("canceled", datetime(2028, 1, 15, 9, tzinfo=UTC))
    moved = MrrMovement.objects.order_by("at", "pk").values_list("day", "kind", "amount_minor")
    assert [(f"{day:%Y-%m-%d}", kind, minor) for day, kind, minor in moved] == [
        ("2026-01-15", "new", 1900),
        ("2026-06-15", "expansion", 3000),
        ("2027-01-15", "contraction", -817),
        ("2028-01-15", "churn", -4083),
    ]
    assert set(what_is_broken()) <= {"states_are_told"}, "but for the rows of this test that have no story"
