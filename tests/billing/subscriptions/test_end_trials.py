"""The end of trials: who can be charged goes on, who cannot does what the policy says, all is counted."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.history.actors import system
from billing.models import Customer, Invoice, Subscription, TrialCluster, TrialStart
from billing.subscriptions import trials
from billing.subscriptions.trials.queries import conversion_by_month
from tests import make
from tests.billing.subscriptions import life
from tests.billing.subscriptions.plans import day

pytestmark = pytest.mark.django_db
NOW = make.NOW
RUN = system("worker")


def trial(of: Customer | None = None, **more: Any) -> Subscription:
    begins = NOW - timedelta(days=14)
    fields = {"state": "trialing", "trial_ends_at": NOW, "current_period_start": begins, "anchor_at": NOW,
              "current_period_end": NOW, "created_at": begins, **more}  # fmt: skip
    made = make.subscription(of, **fields)
    make.trial(made)
    return made


def ended(now: Any = NOW) -> int:
    return trials.end_due_trials(actor=RUN, now=now)


def state_of(row: Subscription) -> tuple[str, str]:
    return Subscription.objects.get(pk=row.pk).state, TrialStart.objects.get(subscription=row).state


def test_without_a_method_it_ends_and_with_one_it_waits_for_its_renewal() -> None:
    without, with_one, free = trial(), trial(), trial(at=make.price(unit_amount_minor=0))
    make.method(with_one.customer)
    assert ended(NOW - timedelta(seconds=1)) == 0
    assert ended() == 1 and ended() == 0
    assert state_of(without) == ("canceled", "ended")
    assert state_of(with_one) == state_of(free) == ("trialing", "started")
    assert Subscription.objects.get(pk=without.pk).ended_at == NOW


@pytest.mark.parametrize(
    ("card", "stays"),
    [
        ({"exp_year": 2026, "exp_month": 11}, True),
        ({"exp_year": 2026, "exp_month": 10}, False),
        ({"exp_year": None, "exp_month": None, "kind": "sepa_debit"}, True),
        ({"detached_at": NOW}, False),
    ],
)
def test_a_card_that_cannot_be_charged_is_none(card: dict[str, Any], stays: bool) -> None:
    row = trial()
    make.method(row.customer, **card)
    assert trials.what_becomes_of([row], NOW)[row.pk] == ("convert" if stays else "cancel")


def test_who_is_sent_invoices_needs_no_method() -> None:
    row = trial(collection="send")
    assert trials.what_becomes_of([row], NOW) == {row.pk: "convert"}


def test_who_canceled_in_the_trial_ends_with_it() -> None:
    row = trial(cancel_at=NOW)
    make.method(row.customer)
    assert ended() == 1 and state_of(row) == ("canceled", "ended")


def test_the_policy_may_let_it_wait_for_a_method(settings: Any) -> None:
    settings.TRIAL_WITHOUT_METHOD = "pause"
    row = trial()
    assert ended() == 1 and state_of(row) == ("paused", "ended")


def test_a_trial_of_a_gateway_is_left_to_it_and_followed() -> None:
    row = trial(collected_by="gateway", gateway="stripe", gateway_id="sub_1")
    assert ended() == 0 and state_of(row) == ("trialing", "started")
    Subscription.objects.filter(pk=row.pk).update(state="active")
    ended()
    assert state_of(row) == ("active", "converted")
    assert TrialStart.objects.get(subscription=row).decided_at == NOW
    assert TrialCluster.objects.get().converted == 1


def test_given_up_before_its_end() -> None:
    row = trial()
    Subscription.objects.filter(pk=row.pk).update(state="canceled", ended_at=NOW - timedelta(days=3))
    ended()
    assert state_of(row) == ("canceled", "canceled")
    assert TrialStart.objects.get(subscription=row).decided_at == NOW - timedelta(days=3)


def test_through_the_lifecycle_a_trial_converts_at_its_price() -> None:
    pro = life.price(life.tier("Pro", trial_days=14), 2_900)
    customer = make.customer()
    make.method(customer)
    row = life.start("2026-03-01", pro, customer=customer, trial=True)
    assert state_of(row) == ("trialing", "started") and not Invoice.objects.exists()
    ended(day("2026-03-15"))
    row = life.run_until(row, "2026-03-20")
    assert state_of(row) == ("active", "converted")
    assert life.bills(row) == [("2026-03-15", 2_900)]
    assert life.mrr(row) == [("2026-03-15", "new", 2_900)]


def test_batches_are_taken_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.subscriptions.trials.ending.BATCH", 2)
    rows = [trial() for _ in range(5)]
    assert trials.end_due_trials(actor=RUN, now=NOW, limit=2) == 2
    assert ended() == 3
    assert {state_of(row) for row in rows} == {("canceled", "ended")}


def test_many_cost_no_more_queries_to_judge() -> None:
    rows = [trial() for _ in range(6)]
    with CaptureQueriesContext(connection) as one:
        trials.what_becomes_of(rows[:1], NOW)
    with CaptureQueriesContext(connection) as many:
        trials.what_becomes_of(rows, NOW)
    assert len(many) == len(one) == 2


def test_the_rate_is_converted_over_decided() -> None:
    for state in ("converted", "converted", "ended", "started"):
        make.trial(make.subscription(state="active", created_at=NOW), state=state)
    (month,) = conversion_by_month(NOW - timedelta(days=40), NOW.tzinfo)
    assert (month.started, month.converted, month.decided, month.per_mille) == (4, 2, 3, 667)
