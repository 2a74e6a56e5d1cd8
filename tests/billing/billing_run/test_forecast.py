"""A dry run: what billing would bring, exactly, without writing anything."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from billing.billing_run.forecasting import read_only
from billing.models import HistoryEntry, Invoice, MrrMovement, NumberSeries, Posting, Subscription
from tests import make
from tests.billing.billing_run.desk import NOW, bill, due, failures, foresee

pytestmark = pytest.mark.django_db


def test_it_comes_to_what_the_run_then_bills():
    small, large = make.price(), make.price(unit_amount_minor=19900, currency="USD")
    due(3, at=small)
    due(2, at=large)
    make.pending_change(due(1, at=small)[0], quantity=4)
    foreseen = foresee(0)
    done = bill(NOW)

    batch = done.billing_batches.get()
    assert foreseen.result["sums"] == batch.totals
    assert foreseen.result["counts"]["changed"] == 1
    assert foreseen.done == done.done == 6


def test_nothing_is_written():
    (row,) = due()
    tables = (Invoice, Posting, HistoryEntry, MrrMovement, NumberSeries)
    before = [table.objects.count() for table in tables]
    foresee(90)
    assert [table.objects.count() for table in tables] == before
    assert Subscription.objects.get(pk=row.pk).current_period_end == row.current_period_end


def test_it_could_not_write_if_it_wanted_to():
    row = due()[0]
    with pytest.raises(DatabaseError, match="read-only"), transaction.atomic():
        read_only()
        Subscription.objects.filter(pk=row.pk).update(state="canceled")


def test_periods_to_come_follow_each_other():
    due(1)
    told = foresee(70).result
    assert told["sums"]["EUR"]["invoices"] == 3
    assert list(told["days"]) == ["2026-11-18", "2026-12-18", "2027-01-18"]


def test_it_is_compared_with_the_same_days_a_month_before_and_with_the_last_invoice():
    first, second = due(2)
    bill(NOW)
    make.pending_change(first, quantity=2, applies_at=NOW + timedelta(days=30))
    later = NOW + timedelta(days=30)
    told = foresee(1, now=later).result

    assert told["before"]["EUR"]["total_minor"] == 2 * 11781
    assert told["sums"]["EUR"]["total_minor"] == 3 * 11781
    assert told["counts"]["same"] == 1 and told["counts"]["higher"] == 1
    (difference,) = told["differences"]
    assert difference == {
        "subscription": first.reference,
        "currency": "EUR",
        "before_minor": 11781,
        "total_minor": 23562,
        "what": "changed",
    }
    assert second.reference != first.reference


def test_who_could_not_be_billed_is_named_before_the_day_comes():
    good, bad = due(2)
    bad.customer.country = ""
    bad.customer.save(update_fields=["country"])
    run = foresee(0)
    assert list(failures(run)) == [bad.reference]
    assert run.result["sums"]["EUR"]["invoices"] == 1
    assert good.reference not in failures(run)


def test_a_trial_is_foreseen_as_it_will_end():
    over = NOW + timedelta(days=3)
    fields = {
        "state": "trialing",
        "trial_ends_at": over,
        "current_period_end": over,
        "current_period_start": NOW,
    }
    goes_on, ends = due(1, **fields)[0], due(1, **fields)[0]
    make.method(goes_on.customer)
    counts = foresee(5).result["counts"]
    assert (counts["converted"], counts["trial_ended"]) == (1, 1)
    assert ends.state == "trialing"


def test_it_asks_as_often_for_many_as_for_few():
    from django.test.utils import CaptureQueriesContext

    price = make.price()
    due(2, at=price)
    with CaptureQueriesContext(connection) as few:
        foresee(0)
    due(12, at=price)
    with CaptureQueriesContext(connection) as many:
        foresee(0)
    assert len(few) == len(many)
