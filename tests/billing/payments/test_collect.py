"""Sweeps: what is due is charged, what cannot be says why, and a dead gateway is left alone."""

from datetime import timedelta
from typing import Any

import pytest

from billing.gateways import pacing
from billing.gateways.pace_rules import (
    FIRST_SHUT,
    LONGEST_SHUT,
    TOO_MANY,
    Breaker,
    after_call,
    grant,
    knock,
)
from billing.models import GatewayPace, HistoryEntry, Invoice, Payment
from billing.payments import charging, collecting
from billing.payments.collecting import sweep
from billing.payments.rules import next_attempt, next_look
from tests import make
from tests.billing.payments.tills import (
    NOW,
    an_invoice,
    assert_sound,
    at_the_sandbox,
    due,
    later,
    taken,
)
from tests.books import what_is_broken


@pytest.mark.django_db(transaction=True)
class TestSweep:
    def test_what_is_due_is_charged_and_nothing_else(self):
        first, second = due(), due("0002")
        tomorrow, by_hand = due(at=later(days=1)), due(at=None)
        done = sweep(now=NOW)

        assert (done.charged, done.refused) == (2, 0)
        states = [Invoice.objects.get(pk=each.pk).state for each in (first, second, tomorrow, by_hand)]
        assert states == ["paid", "open", "open", "open"]
        assert Payment.objects.filter(invoice__in=[tomorrow, by_hand]).count() == 0
        assert sweep(now=NOW).charged == 0
        assert_sound()
        assert what_is_broken() == {}

    def test_one_without_a_method_is_taken_off_with_its_reason(self):
        invoice = an_invoice(make.customer())
        assert sweep(now=NOW).refused == 1
        invoice.refresh_from_db()
        assert (invoice.state, invoice.collect_at) == ("open", None)
        told = HistoryEntry.objects.get(subject_kind="invoice", subject_id=invoice.pk, kind="not_charged")
        assert "payment link" in told.reason

    def test_many_go_in_batches(self, monkeypatch: Any):
        monkeypatch.setattr(collecting, "BATCH", 4)
        for number in range(11):
            due("9995" if number % 5 == 4 else "4242")
        assert sweep(now=NOW).charged == 11
        assert taken() == 9 * 9_900
        assert Payment.objects.filter(is_live=True).count() == 0
        assert_sound()

    def test_a_dead_gateway_is_left_alone_and_what_was_not_called_stays_due(self, monkeypatch: Any):
        monkeypatch.setattr(collecting, "THREADS", 1)
        invoices = [due("6006") for _ in range(TOO_MANY + 4)]
        sweep(now=NOW)
        called = Payment.objects.filter(state="unknown").count()
        assert TOO_MANY <= called < len(invoices)
        assert pacing.is_shut("sandbox", now=NOW)
        assert Payment.objects.filter(failure_code="not_called", is_live=True).count() == 0
        waiting = Invoice.objects.filter(collect_at__lte=NOW).count()
        assert called + waiting == len(invoices)

        assert sweep(now=NOW + FIRST_SHUT / 2).charged == 0
        sweep(now=NOW + FIRST_SHUT)
        assert Payment.objects.filter(state="unknown").count() == called + 1, "one alone tries"
        assert_sound()

    def test_a_gateway_that_asks_to_slow_down_is_not_dead(self, monkeypatch: Any):
        monkeypatch.setattr(charging, "sleep", lambda seconds: None)
        due("6003")
        sweep(now=NOW)
        assert not GatewayPace.objects.filter(failures__gt=0).exists()
        assert len(at_the_sandbox()) == 1


def test_a_bucket_holds_a_seconds_calls_and_fills_evenly():
    full = grant(None, NOW, a_second=4, wanted=10)
    assert (full.calls, full.wait) == (4, timedelta(milliseconds=250))
    half = NOW + timedelta(milliseconds=500)
    assert grant(full.next_at, half, a_second=4, wanted=10).calls == 2
    assert grant(full.next_at, NOW, a_second=4, wanted=1).calls == 0
    hour = NOW + timedelta(hours=1)
    assert grant(full.next_at, hour, a_second=4, wanted=10).calls == 4, "it never holds more than a second's"


def test_a_breaker_shuts_for_longer_each_time_and_lets_one_try():
    breaker = Breaker()
    for _ in range(TOO_MANY):
        breaker = after_call(breaker, NOW, answered=False)
    assert breaker.shut_until == NOW + FIRST_SHUT
    assert knock(breaker, NOW) is None
    assert after_call(breaker, NOW, answered=False) == breaker, "a call that was under way says nothing new"
    opens = NOW + FIRST_SHUT
    trying = knock(breaker, opens)
    assert trying is not None
    assert knock(trying, opens) is None, "the next one waits for what the first finds"
    again = after_call(trying, opens, answered=False)
    assert again.shut_until == opens + 2 * FIRST_SHUT
    for _ in range(20):
        at = again.shut_until
        trying = knock(again, at)
        again = after_call(trying, at, answered=False)
    assert again.shut_until - at == LONGEST_SHUT
    assert after_call(again, NOW, answered=True) == Breaker()


def test_when_it_is_tried_and_asked_again():
    assert next_attempt([NOW], hard=False) == later(days=1)
    assert next_attempt([NOW, later(days=1)], hard=False) == later(days=3)
    assert next_attempt([NOW] * 6, hard=False) is None
    assert next_attempt([NOW], hard=True) is None
    assert next_look(NOW, None) == later(2)
    assert next_look(NOW, later(2)) == later(4)
    assert next_look(NOW, later(days=3)) == later(days=3) + timedelta(hours=1)
