"""Who was hit, and what each gets."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing.errors import InvalidInput
from billing.incidents import finding
from billing.incidents.finding import Found, find_hit
from billing.models import InvoiceLine
from tests import make
from tests.billing.incidents.book import BEGAN, FROM, TO, WEEK, a_user

pytestmark = pytest.mark.django_db

END = datetime(2026, 12, 1, tzinfo=UTC)


def found(meter, **changed) -> Found:
    return find_hit(**({"meter": meter, "starts_at": FROM, "ends_at": TO} | changed))


def amounts(of: Found) -> dict[int, int]:
    return {each.customer_id: each.amount.minor for each in of.credited}


def test_whoever_used_it_then_or_at_that_time_of_the_week():
    meter = make.meter()
    during = a_user(meter, used_at=FROM + timedelta(minutes=5))
    four_weeks_ago = a_user(meter, used_at=TO - 4 * WEEK - timedelta(seconds=1))
    a_user(meter, used_at=FROM - 5 * WEEK)
    a_user(meter, used_at=FROM - timedelta(days=1))
    a_user(meter, used_at=TO - WEEK)
    a_user(make.meter())
    # 99.00 × 6 h / 30 days of November.
    assert amounts(found(meter)) == {during.customer_id: 83, four_weeks_ago.customer_id: 83}


def test_an_event_of_nothing_is_no_use():
    meter = make.meter()
    held = a_user(make.meter())
    make.usage(held.customer, meter, at=FROM - WEEK, quantity=Decimal(0))
    assert found(meter).hits == []


def test_what_was_billed_for_the_time_counts():
    """Pro at 99.00 until the 16th, Team at 300.00 from then on: its invoices say so, to the second."""
    meter = make.meter()
    held = a_user(meter)
    change = datetime(2026, 11, 16, tzinfo=UTC)
    invoice = make.invoice(held.customer, subscription=held, lines=0)
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice, position=place, description="Plan", net_minor=net, kind=kind,
            period_start=start, period_end=END,
        )
        for place, (net, kind, start) in enumerate(
            [
                (9_900, "subscription", BEGAN),
                (-4_950, "proration_credit", change),
                (15_000, "proration_charge", change),
                (7_777, "usage", BEGAN),
            ],
            1,
        )
    )  # fmt: skip
    assert amounts(found(meter)) == {held.customer_id: 250}


def test_a_void_invoice_billed_nothing():
    meter = make.meter()
    held = a_user(meter, price=5_000)
    invoice = make.invoice(held.customer, subscription=held, state="void", lines=0)
    InvoiceLine.objects.create(
        invoice=invoice, position=1, description="Plan", net_minor=9_900, kind="subscription",
        period_start=BEGAN, period_end=END,
    )  # fmt: skip
    assert amounts(found(meter)) == {held.customer_id: 42}, "its items tell the price"


def test_an_outage_across_a_renewal_takes_from_both_periods():
    meter = make.meter()
    held = a_user(meter, used_at=datetime(2026, 11, 24, 0, tzinfo=UTC))
    over = found(
        meter, starts_at=datetime(2026, 11, 30, 21, tzinfo=UTC), ends_at=datetime(2026, 12, 1, 3, tzinfo=UTC)
    )
    # 3 h of November's 30 days and 3 h of December's 31: 0.4125 + 0.39919….
    assert amounts(over) == {held.customer_id: 81}
    assert [share.period_seconds for _, share in over.hits[0].shares] == [30 * 86_400, 31 * 86_400]


@pytest.mark.parametrize(("currency", "price", "minor"), [("JPY", 12_000, 100), ("KWD", 29_900, 249)])
def test_currencies_keep_their_own_minor_units(currency, price, minor):
    meter = make.meter()
    a_user(meter, price=price, currency=currency)
    assert {code: total.minor for code, (_, total) in found(meter).totals.items()} == {currency: minor}


def test_who_gets_nothing_is_told_with_the_reason():
    meter = make.meter()
    a_user(meter, price=0)
    a_user(meter, trial_ends_at=TO + timedelta(days=3), state="trialing")
    a_user(meter, state="paused", paused_at=FROM - timedelta(days=2))
    a_user(meter, price=1)
    make.usage(make.customer(), meter, at=FROM - WEEK)
    ended = a_user(meter, state="canceled", ended_at=FROM)
    told = found(meter)
    assert told.credited == []
    assert told.reasons == {
        "pays nothing": 1,
        "was in its trial": 1,
        "was paused": 1,
        "the share comes to nothing": 1,
        "had no subscription then": 2,
    }
    assert ended.customer_id in {each.customer_id for each in told.hits}


def test_only_the_time_that_it_ran_counts():
    meter = make.meter()
    held = a_user(meter, state="canceled", ended_at=FROM + timedelta(hours=3))
    assert amounts(found(meter)) == {held.customer_id: 41}


def test_two_plans_of_a_customer_are_one_credit():
    meter = make.meter()
    held = a_user(meter)
    make.subscription(held.customer, make.price(unit_amount_minor=9_900), anchor_at=BEGAN, created_at=BEGAN)
    assert amounts(found(meter)) == {held.customer_id: 165}


def test_a_tier_narrows_it():
    meter = make.meter()
    held, _other = a_user(meter), a_user(meter)
    tier = held.items.get().price.tier
    assert amounts(found(meter, tier=tier)) == {held.customer_id: 83}


def test_it_asks_the_same_number_of_questions_for_many(django_assert_num_queries):
    meter = make.meter()
    for number in range(12):
        a_user(meter, price=1_000 + number)
    with django_assert_num_queries(7):
        assert len(found(meter).credited) == 12


def test_too_many_are_refused_with_a_remedy(monkeypatch):
    monkeypatch.setattr(finding, "MOST", 2)
    meter = make.meter()
    for _ in range(3):
        a_user(meter)
    with pytest.raises(InvalidInput, match="tier by tier"):
        found(meter)
