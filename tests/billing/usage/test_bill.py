"""What usage comes to for an invoice: known, or refused with the names of those it is not known for."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from billing.catalog.giving import QuotaWanted, quota_seen, set_quota
from billing.catalog.terms import Unknown
from billing.errors import Conflict, InvalidInput
from billing.history.actors import person
from billing.models import Alert, Quota, UsageCounter
from billing.periods import Period
from billing.usage import services
from billing.usage.pricing import UsagePriceWanted, set_usage_price
from billing.usage.queries import UnknownUsage, by_day, usage_between
from tests import make
from tests.billing.usage.desk import HOST, NOW, plan, subscriber, use

pytestmark = pytest.mark.django_db
WEEK = Period(NOW - timedelta(days=7), NOW - timedelta(hours=1))
INES = person(4, "Ines Marchetti")


def reported(meter, until=WEEK.end, **more):
    return services.say_reported(meter=meter.slug, until=until, actor=HOST, now=NOW, **more)


def test_silence_is_not_zero():
    tier, meter = plan()
    customer = subscriber(tier)
    use(customer, meter, 3, at=NOW - timedelta(days=2))
    with pytest.raises(UnknownUsage, match="has not been reported up to the end") as unknown:
        usage_between([customer.pk], meter.slug, WEEK)
    assert unknown.value.customer_ids == {customer.pk}


def test_the_hosts_word_or_a_later_event_of_anybody_ends_the_silence():
    tier, meter = plan()
    quiet, busy = subscriber(tier), subscriber(tier)
    use(busy, meter, 3, at=NOW - timedelta(days=2))
    reported(meter, customer_id=quiet.pk)
    assert usage_between([quiet.pk], meter.slug, WEEK) == {quiet.pk: 0}
    with pytest.raises(UnknownUsage) as unknown:
        usage_between([quiet.pk, busy.pk], meter.slug, WEEK)
    assert unknown.value.customer_ids == {busy.pk}
    use(busy, meter, 1, at=NOW)
    assert usage_between([quiet.pk, busy.pk], meter.slug, WEEK) == {quiet.pk: 0, busy.pk: 3}


def test_the_hosts_word_never_goes_back():
    _, meter = plan()
    assert reported(meter) == WEEK.end
    assert reported(meter, WEEK.start) == WEEK.end
    with pytest.raises(InvalidInput, match="a moment that has passed"):
        reported(meter, NOW + timedelta(hours=1))


def test_a_gap_stops_those_whose_usage_is_lost_until_it_is_closed():
    tier, meter = plan()
    one, other = subscriber(tier), subscriber(tier)
    reported(meter)
    gap = services.note_gap(
        meter=meter.slug,
        customer_id=one.pk,
        starts_at=NOW - timedelta(days=3),
        ends_at=NOW - timedelta(days=2),
        reason="The collector in Frankfurt was down",
        actor=INES,
        now=NOW,
    )
    with pytest.raises(UnknownUsage, match="a gap is open") as unknown:
        usage_between([one.pk, other.pk], meter.slug, WEEK)
    assert unknown.value.customer_ids == {one.pk}
    assert Alert.objects.get(kind="usage.gap").closed_at is None
    before = Period(WEEK.start, NOW - timedelta(days=3))
    assert usage_between([one.pk, other.pk], meter.slug, before) == {one.pk: 0, other.pk: 0}
    services.close_gap(gap_id=gap.pk, reason="Sent again from the log", actor=INES, now=NOW)
    assert usage_between([one.pk], meter.slug, WEEK) == {one.pk: 0}
    assert Alert.objects.get(kind="usage.gap").closed_at == NOW
    with pytest.raises(Conflict, match="Ines Marchetti closed this gap already"):
        services.close_gap(gap_id=gap.pk, reason="Again", actor=INES, now=NOW)


def test_a_gap_of_a_meter_stops_everybody():
    tier, meter = plan()
    customers = [subscriber(tier) for _ in range(3)]
    reported(meter)
    services.note_gap(
        meter=meter.slug,
        starts_at=NOW - timedelta(days=3),
        ends_at=NOW - timedelta(days=2),
        reason="Queue lost",
        actor=INES,
        now=NOW,
    )
    with pytest.raises(UnknownUsage) as unknown:
        usage_between([each.pk for each in customers], meter.slug, WEEK)
    assert unknown.value.customer_ids == {each.pk for each in customers}


def test_a_meter_that_is_not_is_an_error():
    with pytest.raises(Unknown):
        usage_between([1], "api-cals", WEEK)


def test_a_period_of_no_length_has_no_usage():
    _, meter = plan()
    assert usage_between([7], meter.slug, Period(NOW, NOW)) == {7: 0}


def test_what_is_told_after_it_was_billed_counts_in_the_next_period():
    tier, meter = plan(limit=100)
    customer = subscriber(tier)
    use(customer, meter, 5, at=NOW - timedelta(days=2))
    reported(meter)
    services.close_usage(customer_ids=[customer.pk], meter=meter.slug, until=WEEK.end, actor=HOST, now=NOW)
    assert usage_between([customer.pk], meter.slug, WEEK) == {customer.pk: 5}
    late = use(customer, meter, 2, at=NOW - timedelta(days=1))
    assert late.counted_at == WEEK.end
    assert usage_between([customer.pk], meter.slug, WEEK) == {customer.pk: 5}
    next_one = Period(WEEK.end, NOW)
    reported(meter, NOW)
    assert usage_between([customer.pk], meter.slug, next_one) == {customer.pk: 2}


def test_usage_is_rounded_as_a_whole():
    tier, meter = plan(limit=100, rounding="up")
    customer = subscriber(tier)
    for _ in range(3):
        use(customer, meter, Decimal("0.4"), at=NOW - timedelta(days=2))
    reported(meter)
    assert usage_between([customer.pk], meter.slug, WEEK) == {customer.pk: 2}


def test_no_one_else_writes_a_counter():
    tier, meter = plan()
    customer = subscriber(tier)
    use(customer, meter, 3)
    rows = UsageCounter.objects.filter(customer=customer)
    for attempt in (
        lambda: rows.update(total=0),
        lambda: rows._raw_delete(rows.db),
        lambda: rows.first().save(force_insert=True),
    ):
        with pytest.raises(DatabaseError, match="counted by its events alone"), transaction.atomic():
            attempt()


def test_days_without_usage_are_days():
    tier, meter = plan()
    customer = subscriber(tier)
    use(customer, meter, 3, at=NOW - timedelta(days=1))
    days = by_day(customer.pk, [meter], first=NOW.date() - timedelta(days=3), last=NOW.date())[meter.pk]
    assert [int(day.number) for day in days] == [0, 0, 3, 0]


def test_who_passes_a_share_is_written_to_once():
    tier, meter = plan(limit=10, per="month")
    customer = subscriber(tier)
    use(customer, meter, 8)
    use(customer, meter, 1)
    assert services.tell_thresholds(actor=HOST, now=NOW) == 1
    assert services.tell_thresholds(actor=HOST, now=NOW) == 0
    use(customer, meter, 1)
    assert services.tell_thresholds(actor=HOST, now=NOW) == 1
    subjects = [each.text.subject for each in customer.messages.order_by("pk")]
    assert subjects == ["Sie haben 80 % von API calls verbraucht", "Sie haben 100 % von API calls verbraucht"]
    body = customer.messages.order_by("pk").first().text.body
    assert "10 call" in body
    assert "1. Dezember 2026" in body


def test_both_shares_at_once_are_one_message_and_a_day_that_is_over_is_none():
    tier, meter = plan(limit=10, per="day")
    customer = subscriber(tier)
    use(customer, meter, 10)
    use(customer, meter, 10, at=NOW - timedelta(days=1))
    assert services.tell_thresholds(actor=HOST, now=NOW) == 1
    assert "100 %" in customer.messages.get().text.subject


def test_usage_that_is_only_told_of_asks_no_quota():
    tier, meter = plan(limit=1)
    customer = subscriber(tier)
    wrote = services.record_usage(
        customer_id=customer.pk, meter=meter.slug, quantity=50, key="import:1", at=NOW, actor=HOST, now=NOW
    )
    assert (wrote.outcome, wrote.after) == ("done", 50)
    make.usage(customer, meter, quantity=2)
    assert UsageCounter.objects.get(customer=customer, span="month").total == 52


def test_nothing_past_a_quota_is_paid_in_credits_and_in_money():
    by = {"reason": "It is dear to serve", "actor": INES, "now": NOW}
    in_credits = QuotaWanted(100, "month", "credits", "tokens", 1)
    tier, meter = make.tier(), make.meter(slug="calls")
    price = {"tier_id": tier.pk, "meter": meter.slug, "wanted": UsagePriceWanted("EUR", 5)}
    kept = set_quota(
        tier_id=tier.pk, meter_id=meter.pk, wanted=in_credits, seen=quota_seen(tier, meter), **by
    )
    with pytest.raises(Conflict, match="nothing is paid twice"):
        set_usage_price(**price, **by)
    soft = replace(in_credits, past="soft", credit_unit="", credits_each=None)
    set_quota(tier_id=tier.pk, meter_id=meter.pk, wanted=soft, seen=quota_seen(tier, meter), **by)
    set_usage_price(**price, **by)
    with pytest.raises(Conflict, match="has a price on") as refused:
        set_quota(tier_id=tier.pk, meter_id=meter.pk, wanted=in_credits, seen=quota_seen(tier, meter), **by)
    assert refused.value.field == "past"
    with pytest.raises(IntegrityError, match="paid in credits and in money"), transaction.atomic():
        Quota.objects.filter(pk=kept.pk).update(past="credits", credit_unit="tokens", credits_each=1)
