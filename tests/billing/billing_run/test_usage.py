"""Usage that is priced: closed, read, billed once in arrears, and never as none where it is not known."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.billing_run.models import UsageBilled
from billing.models import InvoiceLine, Subscription, UsageEvent, UsageStream
from billing.usage.gaps import close_gap, note_gap, say_reported
from billing.usage.services import record_usage
from tests import make
from tests.billing.billing_run.desk import (
    BEGAN,
    INES,
    NOW,
    bill,
    due,
    failures,
    foresee,
    invoices_of,
    totals,
)
from tests.billing.usage.desk import HOST
from tests.books import what_is_broken

pytestmark = pytest.mark.django_db

ENDED = datetime(2026, 11, 18, 9, tzinfo=UTC)
NEXT = datetime(2026, 12, 18, 9, tzinfo=UTC)


def metered(count=1, **more):
    """Subscriptions of 99.00 with calls at 5 cents past 100, and their meter."""
    base = make.price()
    priced = make.usage_price(base.tier, **more)
    return due(count, at=base), priced.meter


def use(row: Subscription, meter, quantity, *, at=BEGAN + timedelta(days=3), now=NOW, key=""):
    return record_usage(
        customer_id=row.customer_id,
        meter=meter.slug,
        quantity=Decimal(quantity),
        key=key or f"use-{make.serial()}",
        at=at,
        actor=HOST,
        now=now,
    )


def all_told(meter, until=ENDED, now=NOW):
    say_reported(meter=meter.slug, until=until, actor=HOST, now=now)


def test_what_is_past_the_included_is_a_line_of_its_own_in_arrears():
    (row,), meter = metered()
    use(row, meter, 142)
    all_told(meter)
    run = bill()

    assert run.failed == 0
    (invoice,) = invoices_of(row)
    line = InvoiceLine.objects.get(invoice=invoice, kind="usage")
    assert (line.net_minor, line.quantity, line.unit_amount_minor) == (210, 42, 5)
    assert (line.period_start, line.period_end) == (BEGAN, ENDED)
    assert line.why["used"] == "142.000000"
    assert invoice.net_minor == 9900 + 210
    kept = UsageBilled.objects.get()
    assert (kept.quantity, kept.billed, kept.amount_minor, kept.invoice) == (142, 42, 210, invoice)
    assert not [name for name in what_is_broken() if "usage" in name]


def test_what_is_within_the_included_is_kept_and_costs_nothing():
    (row,), meter = metered()
    use(row, meter, 100)
    all_told(meter)
    bill()

    assert totals(row) == [11781]
    assert UsageBilled.objects.get().amount_minor == 0
    assert UsageBilled.objects.get().invoice is None


def test_usage_that_was_not_reported_stops_that_subscription_and_closes_nothing():
    (silent,), meter = metered()
    (told,) = due(1, at=silent.items.get().price)
    use(silent, meter, 500)
    use(told, meter, 500)
    UsageStream.objects.filter(customer=told.customer_id).update(reported_until=ENDED)
    run = bill()

    assert (totals(silent), len(totals(told))) == ([], 1)
    assert failures(run)[silent.reference] == (
        f"{silent.reference} is not billed: API calls has not been reported up to the end of 2026-10-18 to "
        "2026-11-18. Send its usage, or say that all of it was sent. Then try again."
    )
    stream = UsageStream.objects.get(customer=silent.customer_id)
    assert stream.closed_until is None, "what is reported now still counts in its own period"

    use(silent, meter, 100, at=ENDED - timedelta(hours=1))
    all_told(meter)
    bill(NOW + timedelta(hours=1))
    assert UsageBilled.objects.get(subscription=silent).quantity == 600


def test_a_gap_in_priced_usage_stops_it_too():
    (row,), meter = metered()
    all_told(meter)
    gap = note_gap(
        meter=meter.slug,
        starts_at=BEGAN + timedelta(days=2),
        ends_at=BEGAN + timedelta(days=3),
        reason="The collector in Frankfurt was down",
        actor=INES,
        now=NOW,
    )
    run = bill()
    assert totals(row) == []
    assert "a gap is open" in failures(run)[row.reference]
    close_gap(gap_id=gap.pk, reason="It was sent again", actor=INES, now=NOW)
    bill(NOW + timedelta(hours=1))
    assert len(totals(row)) == 1


def test_what_comes_late_is_in_the_next_bill_and_never_lost():
    (row,), meter = metered()
    use(row, meter, 150)
    all_told(meter)
    bill()
    late = use(row, meter, 130, at=ENDED - timedelta(hours=2), now=NOW + timedelta(hours=1))
    assert late.counted_at == ENDED, "that time was billed: it counts from its end on"
    all_told(meter, until=NEXT, now=NEXT)
    bill(NEXT + timedelta(hours=1))

    billed = UsageBilled.objects.order_by("starts_at")
    assert [(each.quantity, each.amount_minor) for each in billed] == [(150, 250), (130, 150)]
    assert [each.starts_at for each in billed] == [BEGAN, ENDED]


def test_the_last_period_of_one_that_ends_is_billed_too():
    (row,), meter = metered()
    Subscription.objects.filter(pk=row.pk).update(
        cancel_at_period_end=True, cancel_at=ENDED, canceled_at=BEGAN
    )
    use(row, meter, 110)
    all_told(meter)
    bill()

    row.refresh_from_db()
    assert row.state == "canceled"
    (invoice,) = invoices_of(row)
    assert invoice.net_minor == 50


def test_two_subscriptions_that_price_the_same_meter_bill_it_once():
    (first, second), meter = metered(2)
    Subscription.objects.filter(pk=second.pk).update(customer=first.customer)
    use(first, meter, 300)
    all_told(meter)
    bill()
    assert UsageBilled.objects.get().subscription == first
    assert totals(second) == [11781]


def test_what_a_trial_used_is_not_billed_and_what_follows_is():
    base = make.price()
    meter = make.usage_price(base.tier).meter
    (row,) = due(1, at=base, trial_ends_at=BEGAN + timedelta(days=7), created_at=BEGAN)
    use(row, meter, 1_000, at=BEGAN + timedelta(days=2))
    use(row, meter, 101, at=BEGAN + timedelta(days=8))
    all_told(meter)
    bill()
    assert UsageBilled.objects.get().quantity == 101


def test_a_period_is_billed_at_the_price_of_its_start():
    (row,), meter = metered()
    tier = row.items.get().price.tier
    make.usage_price(tier, meter=meter, unit_amount_minor=50, since=BEGAN + timedelta(days=5))
    use(row, meter, 101)
    all_told(meter)
    bill()
    assert UsageBilled.objects.get().amount_minor == 5


def test_a_dry_run_tells_the_usage_that_the_run_bills_and_closes_nothing():
    (row, other), meter = metered(2)
    use(row, meter, 142)
    all_told(meter)
    foreseen = foresee(0)
    assert UsageStream.objects.get(customer=row.customer_id).closed_until is None
    done = bill()
    assert foreseen.result["sums"] == done.billing_batches.get().totals
    assert totals(other) == [11781]


def test_a_currency_that_is_not_priced_is_not_billed_for():
    base = make.price(currency="USD")
    meter = make.usage_price(base.tier, currency="EUR").meter
    (row,) = due(1, at=base)
    use(row, meter, 500)
    run = bill()
    assert (run.failed, UsageBilled.objects.count()) == (0, 0)


events = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=89),  # the day that it happened
        st.integers(min_value=0, max_value=40),  # how many days later it is told
        st.decimals(min_value="0.000001", max_value=9999, places=6),
    ),
    max_size=12,
)


@settings(max_examples=4, deadline=None)
@given(events)
def test_billed_usage_is_recorded_usage(told):
    """Three months, events in any order and late by any time: each is in exactly one bill."""
    (row,), meter = metered(included=0)
    waiting = sorted((day + late, number, day, quantity) for number, (day, late, quantity) in enumerate(told))
    end = BEGAN
    for month in range(5):
        ends = Subscription.objects.get(pk=row.pk).current_period_end
        assert ends is not None and ends > end
        end, now = ends, ends + timedelta(hours=1)
        while waiting and BEGAN + timedelta(days=waiting[0][0]) < end:
            after, _, day, quantity = waiting.pop(0)
            use(
                row,
                meter,
                quantity,
                at=BEGAN + timedelta(days=day),
                now=max(BEGAN + timedelta(days=after), BEGAN + timedelta(days=day)),
            )
        all_told(meter, until=end, now=now)
        assert bill(now).failed == 0, month
    assert not waiting
    recorded = sum(UsageEvent.objects.filter(meter=meter).values_list("quantity", flat=True))
    billed = list(UsageBilled.objects.filter(meter=meter).order_by("starts_at"))
    assert sum(each.quantity for each in billed) == recorded
    assert [each.starts_at for each in billed[1:]] == [each.ends_at for each in billed[:-1]]
