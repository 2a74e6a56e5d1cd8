"""Usage under many hands: a quota lets through what it says, a key counts once, credits pay once."""

import time
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import transaction

from billing.credits.services import grant
from billing.entitlements import queries
from billing.entitlements.services import OverQuota
from billing.ids import form_key
from billing.models import CreditAccount, Customer, Meter, UsageCounter, UsageEvent
from billing.periods import Period
from billing.usage.queries import usage_between
from billing.usage.services import close_usage, say_reported
from tests import make
from tests.billing.usage.desk import HOST, NOW, plan, subscriber, use
from tests.races.harness import at_once, refused, went_through, without_trigger

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
THREADS = 50


def naive_use(of: Customer, meter: Meter, quantity: int = 1, *, meet: Barrier | None = None) -> bool:
    """The same deed as one would write it first: read the sum, decide, write."""
    if meet:
        meet.wait()
    found = queries.allowance(of.pk, meter.slug, now=NOW)
    time.sleep(0.005)  # what a rule and a log line take
    if found.left < quantity:
        raise OverQuota("over_quota", "Too little.")
    make.usage(of, meter, quantity=quantity, key=form_key(), at=NOW)
    return True


def fifty_at_once(deed) -> int:
    """How many of fifty pass a quota of ten."""
    tier, meter = plan(limit=10)
    customer = subscriber(tier)
    outcomes = at_once([partial(deed, customer, meter)] * THREADS)
    assert all(isinstance(each, OverQuota) for each in refused(outcomes))
    passed = len(went_through(outcomes))
    assert UsageCounter.objects.get(customer=customer, span="month").total == passed
    return passed


def test_of_fifty_at_once_a_quota_of_ten_lets_exactly_ten_pass():
    assert fifty_at_once(use) == 10


def test_reading_first_and_writing_then_lets_more_pass():
    assert fifty_at_once(naive_use) > 10


def test_one_key_from_many_threads_counts_once():
    tier, meter = plan(limit=100)
    customer = subscriber(tier)
    outcomes = at_once([lambda: use(customer, meter, 3, key="call-7").outcome] * 12)
    assert sorted(outcomes) == ["done"] + ["repeated"] * 11
    assert UsageCounter.objects.get(customer=customer, span="day").total == 3
    assert UsageEvent.objects.filter(customer=customer).count() == 1


def test_looking_for_the_key_first_counts_it_twice():
    _, meter = plan(limit=100)
    customer = make.customer()
    meet = Barrier(6)

    def naive() -> bool:
        known = UsageEvent.objects.filter(customer=customer, meter=meter, key="call-7").exists()
        meet.wait()
        if not known:
            make.usage(customer, meter, quantity=3, key=f"call-7-{form_key()}")  # no unique key stops it
        return True

    assert len(went_through(at_once([naive] * 6))) == 6
    assert UsageCounter.objects.get(customer=customer, span="day").total == 18


def with_tokens(amount: int) -> tuple[Customer, Meter]:
    tier, meter = plan(limit=0, past="credits", credit_unit="tokens", credits_each=5)
    customer = subscriber(tier)
    grant(
        customer_id=customer.pk,
        unit="tokens",
        amount=amount,
        source="goodwill",
        actor=HOST,
        now=NOW - timedelta(days=1),
        key=form_key(),
    )
    return customer, meter


def test_deductions_at_once_use_what_is_there_and_no_more():
    customer, meter = with_tokens(40)
    outcomes = at_once([partial(use, customer, meter)] * 16)
    assert len(went_through(outcomes)) == 8
    assert all(isinstance(each, OverQuota) for each in refused(outcomes))
    assert CreditAccount.objects.get(customer=customer).balance == 0
    assert UsageCounter.objects.get(customer=customer, span="month").credits == 40


def test_deducting_what_was_read_gives_away_more():
    customer, meter = with_tokens(40)
    meet = Barrier(16)

    def naive() -> bool:
        account = CreditAccount.objects.get(customer=customer)
        meet.wait()
        if account.balance < 5:
            raise OverQuota("credits_short", "Too few.")
        make.usage(customer, meter, quantity=1, credits=5, credit_unit="tokens")
        CreditAccount.objects.filter(pk=account.pk).update(balance=account.balance - 5)
        return True

    with without_trigger("billing_creditaccount", "creditaccount_moves_by_entries"):
        assert len(went_through(at_once([naive] * 16))) == 16
    assert CreditAccount.objects.get(customer=customer).balance == 35  # sixteen uses, one paid


def test_an_invoice_and_an_event_at_once_lose_nothing():
    tier, meter = plan(limit=None)
    customer = subscriber(tier)
    end = NOW - timedelta(hours=1)
    period = Period(NOW - timedelta(days=7), end)
    say_reported(meter=meter.slug, until=end, actor=HOST, now=NOW)

    def bill() -> int:
        with transaction.atomic():
            close_usage(customer_ids=[customer.pk], meter=meter.slug, until=end, actor=HOST, now=NOW)
            time.sleep(0.02)
            return int(usage_between([customer.pk], meter.slug, period)[customer.pk])

    report = partial(use, customer, meter, 1, at=end - timedelta(minutes=5))
    outcomes = at_once([bill, *[lambda: report() and None] * 10])
    assert refused(outcomes) == []
    billed = outcomes[0]
    say_reported(meter=meter.slug, until=NOW, actor=HOST, now=NOW)
    assert billed + usage_between([customer.pk], meter.slug, Period(end, NOW))[customer.pk] == 10
