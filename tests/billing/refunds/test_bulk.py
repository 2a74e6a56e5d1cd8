"""Refunding many at once: a result for each, one yes for all, and no refund twice."""

import pytest
from django.utils import timezone

from billing.approvals.models import Approval
from billing.approvals.services import approve, reject
from billing.errors import InvalidInput
from billing.history.actors import person
from billing.ids import form_key
from billing.jobs import services as jobs
from billing.jobs.models import Run
from billing.jobs.services import RowAsked, do_run, retry_failed, start_run
from billing.models import Payment, Refund
from billing.refunds.bulk import REFUND_MANY, begin_bulk
from tests.billing.refunds.desk import NOW, a_payment, assert_sound, issue

pytestmark = pytest.mark.django_db

INES = person(13, "Ines Marchetti", roles=("finance",))
JUDE = person(12, "Jude Okafor", roles=("support",))
TOVE = person(14, "Tove Ahlgren", roles=("finance",))


def started(payments: list[Payment], *, actor=INES, **asked) -> Run:
    run = start_run(
        kind=REFUND_MANY,
        title=f"Refund payments, {len(payments)} payments",
        rows=[RowAsked(payment.pk, payment.reference) for payment in payments],
        asked={"share": "whole", "percent": None, "reason": "service_disruption", **asked},
        actor=actor,
        now=NOW,
        form_key=form_key(),
    )
    begin_bulk(run, actor, NOW)
    return run


def done(run: Run) -> Run:
    return do_run(run_id=run.pk, clock=timezone.now)


def test_three_of_fifty_fail_and_are_retried_alone():
    payments = [a_payment(1_000) for _ in range(50)]
    run = started(payments)
    taken = [issue(payment, 600) for payment in payments[:3]]

    run = done(run)

    assert (run.state, run.done, run.failed) == ("done", 50, 3)
    failures = run.rows.filter(ok=False)
    assert {row.subject_id for row in failures} == {payment.pk for payment in payments[:3]}
    assert all("4.00 EUR" in row.message for row in failures)
    assert Refund.objects.filter(form_key__startswith="bulk:").count() == 47
    # One of the three is free again by now; only the failed rows are done again.
    Refund.objects.filter(pk=taken[0].pk).update(state="withdrawn")
    from billing.refunds.postings import take_back

    take_back(taken[0], actor=INES, now=NOW)
    run = done(retry_failed(run=run, actor=INES, now=NOW))
    assert (run.done, run.failed) == (50, 2)
    assert Refund.objects.filter(form_key__startswith="bulk:").count() == 48
    assert_sound()


def test_killed_at_a_row_and_resumed_it_makes_no_double(monkeypatch):
    payments = [a_payment(1_000) for _ in range(6)]
    run = started(payments)
    real, calls = jobs._one, []

    def killed(*args):
        calls.append(args)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(jobs, "_one", killed)
    with pytest.raises(KeyboardInterrupt):
        done(run)
    assert Refund.objects.count() == 3
    monkeypatch.undo()

    run = done(run)

    assert (run.state, run.done) == ("done", 6)
    assert sorted(Refund.objects.values_list("payment_id", flat=True)) == sorted(p.pk for p in payments)


def test_a_percentage_of_what_each_brought():
    payments = [a_payment(1_005), a_payment(99)]
    done(started(payments, share="percent", percent=50))
    assert sorted(Refund.objects.values_list("amount_minor", flat=True)) == [50, 503]


def test_several_currencies_are_refused_with_a_remedy():
    with pytest.raises(InvalidInput) as refused:
        started([a_payment(1_000), a_payment(1_000, currency="JPY")])
    assert "EUR, JPY" in refused.value.sentence
    assert "one currency" in refused.value.sentence


def test_the_sum_of_all_is_held_against_the_limit_once():
    payments = [a_payment(9_000) for _ in range(20)]
    run = started(payments, actor=JUDE)
    assert run.state == "paused"
    assert Approval.objects.get().amount_minor == 180_000

    # Somebody who goes on with the paused run by hand gets nowhere.
    Run.objects.filter(pk=run.pk).update(state="queued")
    done(run)
    assert not Refund.objects.exists()
    Run.objects.filter(pk=run.pk).update(state="paused", done=0, failed=0, finished_at=None)
    run.rows.update(ok=None)

    waiting = Approval.objects.get()
    approve(
        approval_id=waiting.pk, reason="The outage of 17 November", seen_digest=waiting.digest, actor=TOVE,
        now=NOW, check=lambda approval: None,
    )  # fmt: skip
    run = done(run)

    assert (run.done, run.failed) == (20, 0)
    assert "approved by Tove Ahlgren" in Refund.objects.first().allowed_by_rule


def test_a_no_cancels_the_run():
    run = started([a_payment(9_000) for _ in range(20)], actor=JUDE)
    reject(
        approval_id=Approval.objects.get().pk, reason="Not ours", actor=TOVE, now=NOW,
        check=lambda approval: None,
    )  # fmt: skip
    run.refresh_from_db()
    assert run.state == "canceled"
    assert not Refund.objects.exists()
