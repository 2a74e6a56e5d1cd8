"""When periods begin: the ends of months, leap days, the clock's changes, and years of it in cents."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from billing.models import InvoiceLine, Subscription
from billing.periods import Interval, nth_period
from tests import make
from tests.billing.billing_run.desk import bill, due, invoices_of, totals

pytestmark = pytest.mark.django_db


def starts(row: Subscription) -> list[str]:
    lines = InvoiceLine.objects.filter(invoice__subscription=row).order_by("period_start")
    return [f"{line.period_start:%Y-%m-%d %H:%M}" for line in lines]


def run_daily(first: datetime, days: int) -> None:
    """Bills each day as the schedule would; days on which nothing is due start no run."""
    from billing.billing_run.services import start_scheduled
    from tests.billing.billing_run.desk import carry_out

    for day in range(days):
        now = first + timedelta(days=day)
        run = start_scheduled(now=now)
        if run is not None:
            carry_out(run, now)


def test_31_january_renews_on_28_february_and_31_march():
    (row,) = due(began=datetime(2026, 1, 31, 10, tzinfo=UTC))
    run_daily(datetime(2026, 2, 27, 12, tzinfo=UTC), 66)
    assert starts(row) == ["2026-02-28 10:00", "2026-03-31 10:00", "2026-04-30 10:00"]


def test_29_february_finds_its_day_again_in_a_leap_year():
    price = make.price(interval_unit="year", unit_amount_minor=99000)
    (row,) = due(at=price, began=datetime(2024, 2, 29, 10, tzinfo=UTC))
    bill(datetime(2028, 3, 1, tzinfo=UTC))
    assert starts(row) == ["2025-02-28 10:00", "2026-02-28 10:00", "2027-02-28 10:00", "2028-02-29 10:00"]
    assert totals(row) == [117810] * 4


def test_an_hour_that_the_clock_shows_twice_is_billed_once():
    """Periods are counted in UTC: Bucharest's clock goes back from 4 to 3 at 1:00 UTC on 25 October 2026, so
    half past three comes twice there, and the subscription of half past three renews at the first."""
    bucharest = ZoneInfo("Europe/Bucharest")
    anchor = datetime(2026, 9, 25, 3, 30, tzinfo=bucharest).astimezone(UTC)
    (row,) = due(began=anchor)
    first = datetime(2026, 10, 25, 3, 30, tzinfo=bucharest).astimezone(UTC)
    again = datetime(2026, 10, 25, 3, 30, fold=1, tzinfo=bucharest).astimezone(UTC)
    assert again - first == timedelta(hours=1)

    for now in (first - timedelta(minutes=1), first, again, again + timedelta(hours=1)):
        run_daily(now, 1)
    assert starts(row) == ["2026-10-25 00:30"]
    row.refresh_from_db()
    assert row.current_period_end == datetime(2026, 11, 25, 0, 30, tzinfo=UTC)


def test_in_a_zone_with_two_half_past_threes_a_period_begins_at_the_first():
    """Should a seller's zone ever count the periods: each boundary is one moment, and no hour is lost."""
    zone = ZoneInfo("Europe/Bucharest")
    anchor = datetime(2026, 9, 25, 3, 30, tzinfo=zone)
    periods = [nth_period(anchor, n, Interval("month"), zone) for n in range(4)]
    assert periods[1].start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert [one.end for one in periods[:-1]] == [one.start for one in periods[1:]]


def test_the_schedule_starts_no_run_for_nothing_and_one_an_hour_at_most():
    from billing.billing_run.services import start_scheduled
    from tests.billing.billing_run.desk import carry_out

    (row,) = due(began=datetime(2026, 10, 18, 9, tzinfo=UTC))
    assert start_scheduled(now=datetime(2026, 11, 18, 8, 5, tzinfo=UTC)) is None
    at = datetime(2026, 11, 18, 9, 5, tzinfo=UTC)
    run = start_scheduled(now=at)
    assert run is not None
    assert start_scheduled(now=at + timedelta(minutes=1)) is None, "one is under way"
    carry_out(run, at)
    assert start_scheduled(now=at + timedelta(hours=1)) is None, "nothing is due"
    assert len(invoices_of(row)) == 1


def test_what_failed_does_not_start_a_run_each_hour_but_is_tried_again_the_next_day():
    from billing.billing_run.services import start_scheduled
    from tests.billing.billing_run.desk import carry_out

    (bad,) = due(began=datetime(2026, 10, 18, 9, tzinfo=UTC))
    bad.customer.country = ""
    bad.customer.save(update_fields=["country"])
    at = datetime(2026, 11, 18, 9, 5, tzinfo=UTC)
    carry_out(start_scheduled(now=at), at)
    assert start_scheduled(now=at + timedelta(hours=1)) is None
    again = start_scheduled(now=at + timedelta(days=1))
    assert again is not None and again.total == 1
