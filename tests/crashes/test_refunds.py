"""The process dies anywhere between promise and answer: one refund, nothing lost, the state told."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.models import Refund
from billing.refunds import queue
from billing.refunds.queries import needing_a_person, refundable_of
from billing.refunds.services import resume_refunds, settle_stuck_refunds, submit_refund
from tests.billing.refunds.desk import (
    NOW,
    a_payment,
    assert_sound,
    at_the_sandbox,
    balances,
    entries_of,
    issue,
    states_of,
)
from tests.crashes.deadly import KILLED

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
LATER = NOW + timedelta(minutes=10)
NEXT_DAY = NOW + timedelta(days=1, minutes=5)


class Killed(BaseException):
    """The power fails here."""


def killed_while_submitting(refund: Refund, gateway: str) -> Refund:
    """A worker of its own that dies at the gateway."""
    database = str(connection.settings_dict["NAME"])
    done = subprocess.run(
        [sys.executable, "-m", "tests.crashes.kill", gateway, str(refund.pk)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_NAME": database, "DJANGO_SETTINGS_MODULE": "dashboard.settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == KILLED, done.stderr
    return Refund.objects.get(pk=refund.pk)


def its_jobs(refund: Refund) -> int:
    return ProcrastinateJob.objects.filter(lock=f"refund:{refund.pk}", status="todo").count()


def test_killed_before_the_promise_is_committed_there_is_nothing():
    payment = a_payment()
    with patch("billing.refunds.queue.enqueue_submit", side_effect=Killed), pytest.raises(Killed):
        issue(payment)

    assert Refund.objects.count() == 0
    assert balances() == {}
    assert refundable_of(payment).left.minor == 10_000


def test_the_promise_and_its_job_are_written_together():
    refund = issue(a_payment())
    assert its_jobs(refund) == 1


@pytest.mark.parametrize(
    ("gateway", "given_by_then"),
    [("DiesBefore", 0), ("DiesAfter", 1)],
    ids=["before the call", "after the call"],
)
def test_killed_at_the_call_the_resumed_one_gives_the_money_once(gateway, given_by_then):
    payment = a_payment()
    refund = killed_while_submitting(issue(payment), gateway)

    assert (refund.state, refund.attempts) == ("submitting", 1), "the row says that a call was on its way"
    assert len(at_the_sandbox(payment)) == given_by_then
    assert refundable_of(payment).left.minor == 4_000, "the amount is held meanwhile"
    assert refund in needing_a_person(LATER + timedelta(hours=1)), "and somebody is told"

    submit_refund(refund_id=refund.pk, now=LATER)

    refund.refresh_from_db()
    assert (refund.state, refund.attempts) == ("succeeded", 2)
    assert [each.id for each in at_the_sandbox(payment)] == [refund.gateway_id]
    assert Refund.objects.count() == 1
    assert states_of(refund) == ["draft", "approved", "submitting", "succeeded"]
    assert_sound()


def test_with_another_key_the_resumed_call_would_give_it_twice(settings):
    payment = a_payment(20_000)
    refund = killed_while_submitting(issue(payment), "DiesAfter")

    settings.GATEWAYS = {"sandbox": "tests.crashes.deadly.Forgetful"}
    submit_refund(refund_id=refund.pk, now=LATER)

    assert len(at_the_sandbox(payment)) == 2


def test_killed_while_the_answer_is_recorded_nothing_of_it_stays():
    payment = a_payment()
    refund = issue(payment)
    with patch("billing.refunds.answer.post_succeeded", side_effect=Killed), pytest.raises(Killed):
        submit_refund(refund_id=refund.pk, now=NOW)

    refund.refresh_from_db()
    assert (refund.state, refund.gateway_id) == ("submitting", "")
    assert balances(refund) == {"customer_balance": 6_000, "refunds_in_transit": -6_000}

    submit_refund(refund_id=refund.pk, now=LATER)
    assert len(at_the_sandbox(payment)) == 1
    assert_sound()


@pytest.mark.parametrize("state", ["approved", "submitting"])
def test_a_refund_whose_job_is_gone_gets_a_new_one_once(state):
    payment = a_payment()
    refund = issue(payment)
    if state == "submitting":
        refund = killed_while_submitting(refund, "DiesBefore")
    ProcrastinateJob.objects.filter(lock=f"refund:{refund.pk}").update(status="failed")
    assert resume_refunds(now=NOW) == 0, "not before it has had a moment"

    assert resume_refunds(now=LATER) == 1
    assert resume_refunds(now=LATER) == 0
    assert its_jobs(refund) == 1
    assert queue.SUBMIT.without_one([refund.pk]) == []


def test_after_a_day_it_is_looked_up_and_found():
    payment = a_payment()
    refund = killed_while_submitting(issue(payment), "DiesAfter")

    assert settle_stuck_refunds(now=LATER) == 0
    assert settle_stuck_refunds(now=NEXT_DAY) == 1

    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert len(at_the_sandbox(payment)) == 1
    assert_sound()


@pytest.mark.parametrize("by", [settle_stuck_refunds, "the job itself"], ids=["look-up", "late job"])
def test_after_a_day_it_is_never_sent_blindly(by):
    payment = a_payment()
    refund = killed_while_submitting(issue(payment), "DiesBefore")

    if by == "the job itself":
        submit_refund(refund_id=refund.pk, now=NEXT_DAY)
    else:
        by(now=NEXT_DAY)

    refund.refresh_from_db()
    assert (refund.state, refund.failure_code) == ("failed", "never_arrived")
    assert at_the_sandbox(payment) == []
    assert refundable_of(payment).left.minor == 10_000
    assert entries_of(refund, "state")[-1].reason
    assert_sound()


def test_a_gateway_that_never_answers_is_asked_again_the_next_time():
    payment = a_payment(card="0051")
    refund = killed_while_submitting(issue(payment), "DiesBefore")

    with patch("billing.gateways.sandbox.Sandbox.find_refund", side_effect=_unreachable()):
        assert settle_stuck_refunds(now=NEXT_DAY) == 0

    refund.refresh_from_db()
    assert refund.state == "submitting"


def _unreachable() -> Exception:
    from billing.gateways.errors import Unreachable

    return Unreachable("unreachable", "The sandbox did not answer in time.")
