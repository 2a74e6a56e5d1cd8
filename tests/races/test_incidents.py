"""Two incidents of one outage, two workers, two forms: nobody is credited twice."""

from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from billing.ids import form_key
from billing.jobs.models import Run
from billing.jobs.services import do_run
from billing.models import CreditEntry, LimitUse
from tests import make
from tests.billing.incidents.book import a_user, balance, begun, recorded
from tests.races.harness import at_once, meeting, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def two_incidents() -> Any:
    """Both were recorded before either was credited."""
    meter = make.meter()
    held = a_user(meter)
    runs = [run for incident in [recorded(meter), recorded(meter)] for run in begun(incident)]
    with meeting("billing.incidents.crediting.credited_meanwhile", 2):
        outcomes = at_once([partial(do_run, run_id=run.pk, clock=timezone.now) for run in runs])
    assert refused(outcomes) == []
    return held.customer, outcomes


def test_two_incidents_of_one_outage_credit_a_customer_once():
    customer, runs = two_incidents()
    assert balance(customer) == 83
    assert sorted(run.failed for run in runs) == [0, 1]


@contextmanager
def without_customer_lock():
    """The naive twin: nobody waits for the other."""
    with patch("billing.incidents.crediting.lock_customer", lambda customer_id: None):
        yield


def test_without_the_lock_they_are_credited_twice():
    with without_customer_lock():
        customer, runs = two_incidents()
    assert [run.failed for run in runs] == [0, 0]
    assert balance(customer) == 166


def test_two_workers_on_one_run_credit_each_once():
    meter = make.meter()
    users = [a_user(meter) for _ in range(3)]
    (run,) = begun(recorded(meter))
    outcomes = at_once([partial(do_run, run_id=run.pk, clock=timezone.now) for _ in range(2)])
    assert refused(outcomes) == []
    assert [balance(each.customer) for each in users] == [83] * 3
    assert CreditEntry.objects.count() == 3


@pytest.mark.parametrize("same_form", [True, False])
def test_credits_begun_by_several_at_once_are_one_run(same_form):
    meter, key = make.meter(), form_key()
    a_user(meter)
    incident = recorded(meter)
    calls = [partial(begun, incident, form_key=key if same_form else form_key()) for _ in range(4)]

    outcomes = at_once(calls)

    assert len(went_through(outcomes)) == (4 if same_form else 1)
    assert {each.code for each in refused(outcomes)} <= {"nothing_to_credit"}
    assert Run.objects.count() == 1
    assert LimitUse.objects.count() == 1
