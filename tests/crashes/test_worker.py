"""The jobs as a worker really runs them: promised on one connection, sent by another, taken up again."""

from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from billing.gateways.errors import NotSetUp, Unreachable
from billing.refunds.services import resume_refunds
from billing.refunds.tasks import UntilAnswered, rescue
from tests.billing.refunds.desk import a_payment, assert_sound, at_the_sandbox, issue, states_of

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _only_our_jobs():
    """The queue outlives the tests' rows: what others left there is not for this worker."""
    ProcrastinateJob.objects.filter(status="todo").update(status="failed")


def work() -> None:
    """One worker, until there is nothing left to do."""
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(
            queues=["gateways", "rescue"], wait=False, install_signal_handlers=False, listen_notify=False
        )


def job_of(refund) -> ProcrastinateJob:
    return ProcrastinateJob.objects.filter(lock=f"refund:{refund.pk}").latest("id")


def test_a_promise_is_sent_by_a_worker():
    payment = a_payment()
    refund = issue(payment, now=timezone.now())

    work()

    refund.refresh_from_db()
    assert states_of(refund) == ["draft", "approved", "submitting", "succeeded"]
    assert job_of(refund).status == "succeeded"
    assert len(at_the_sandbox(payment)) == 1
    assert_sound()


def test_without_an_answer_the_job_comes_back_later():
    refund = issue(a_payment(card="0119"), now=timezone.now())

    work()

    refund.refresh_from_db()
    job = job_of(refund)
    assert (refund.state, job.status) == ("submitting", "todo")
    assert job.scheduled_at > timezone.now()
    ProcrastinateJob.objects.filter(pk=job.pk).update(scheduled_at=None)

    work()

    refund.refresh_from_db()
    assert (refund.state, refund.attempts) == ("succeeded", 2)
    assert_sound()


def test_a_job_that_died_with_its_worker_is_rescued():
    payment = a_payment()
    refund = issue(payment, now=timezone.now())
    ProcrastinateJob.objects.filter(pk=job_of(refund).pk).update(status="doing", worker=None)
    work()
    assert job_of(refund).status == "doing", "nobody else may touch it before it is rescued"
    assert resume_refunds(now=timezone.now() + timedelta(hours=1)) == 0, "it still counts as having a job"

    rescue_id = rescue.defer(timestamp=0)
    work()
    assert ProcrastinateJob.objects.get(pk=rescue_id).status == "succeeded"
    work()

    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert len(at_the_sandbox(payment)) == 1


@pytest.mark.parametrize(
    ("trouble", "attempts", "seconds"),
    [
        (Unreachable("unreachable", "No answer."), 0, 5),
        (Unreachable("unreachable", "No answer."), 3, 40),
        (Unreachable("unreachable", "No answer."), 50, 900),
        (Unreachable("rate_limited", "Slow down.", retry_after=60), 0, 60),
        (NotSetUp("stripe_key_missing", "No key."), 1, 10),
    ],
)
def test_it_waits_longer_each_time(trouble, attempts, seconds):
    decision = UntilAnswered().get_retry_decision(exception=trouble, job=_tried(attempts))
    assert abs(decision.retry_at - timezone.now() - timedelta(seconds=seconds)) < timedelta(seconds=3)


def test_a_bug_is_not_tried_again():
    assert UntilAnswered().get_retry_decision(exception=KeyError("x"), job=_tried(0)) is None


def _tried(attempts: int) -> Job:
    return Job(id=1, queue="gateways", lock=None, queueing_lock=None, task_name="t", attempts=attempts)
