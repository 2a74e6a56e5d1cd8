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
from billing.messages.models import Message
from billing.models import Payment, Refund
from billing.refunds.bulk import REFUND_MANY, begin_bulk, foresee
from billing.refunds.postings import take_back
from billing.refunds.queries import refundable_many, refundable_of
from tests.billing.refunds import paid
from tests.billing.refunds.desk import NOW, a_payment, issue

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


def test_where_nothing_can_go_back_no_run_begins():
    spent = a_payment(1_000)
    issue(spent, 1_000)
    with pytest.raises(InvalidInput, match="None of these payments"):
        started([spent])


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


def test_three_of_five_hundred_fail_and_are_retried_alone():
    """The size that people run; it takes seconds, because each of the 500 is a refund like any other."""
    first = a_payment(1_000)
    columns = {
        each.attname: getattr(first, each.attname)
        for each in Payment._meta.concrete_fields
        if each.attname not in ("id", "reference", "gateway_id")
    }
    Payment.objects.bulk_create(
        Payment(**columns, reference=f"PAY-20261118-{number:08d}", gateway_id=f"sbx_many_{number}")
        for number in range(499)
    )
    payments = list(Payment.objects.order_by("pk"))
    run = started(payments)
    taken = [issue(payments[at], 1) for at in (7, 250, 499)]

    run = done(run)

    assert (run.state, run.total, run.done, run.failed) == ("done", 500, 500, 3)
    failed = run.rows.filter(ok=False).order_by("pk")
    assert [row.label for row in failed] == [payments[at].reference for at in (7, 250, 499)]
    assert all("9.99 EUR" in row.message for row in failed)
    assert Refund.objects.filter(form_key__startswith=f"bulk:{run.pk}:").count() == 497
    # One of the three is free again by now; only the failed rows are done again.
    Refund.objects.filter(pk=taken[0].pk).update(state="withdrawn")
    take_back(taken[0], actor=INES, now=NOW)
    run = done(retry_failed(run=run, actor=INES, now=NOW))
    assert (run.state, run.done, run.failed) == ("done", 500, 2)
    assert Refund.objects.filter(form_key__startswith=f"bulk:{run.pk}:").count() == 498
    assert Refund.objects.filter(payment=payments[7]).count() == 2


def test_what_is_left_out_is_told_before_with_the_reason():
    gone, small = a_payment(1_000), a_payment(1)
    issue(gone, 1_000)
    failed = a_payment(1_000, state="failed", captured_minor=0, succeeded_at=None)
    cash = a_payment(1_000, gateway="", gateway_id="")
    good = a_payment(5_000)
    payments = [gone, small, failed, cash, good]

    foreseen = foresee(payments, {"share": "percent", "percent": 10})

    assert {pk: money.minor for pk, money in foreseen.amounts.items()} == {good.pk: 500}
    assert foreseen.left_out == {
        "nothing is left of them": [gone.reference],
        "that share of them comes to nothing": [small.reference],
        "failed, so there is nothing to give back": [failed.reference],
        "they did not come through a gateway that could give them back": [cash.reference],
    }
    assert {code: (count, total.minor) for code, (count, total) in foreseen.totals.items()} == {
        "EUR": (1, 500)
    }


def test_many_are_asked_as_one_is(django_assert_num_queries):
    """What a credit note made the customer's counts in the preview of many as in the dialog of one."""
    noted, credited = paid.a_paid_invoice()
    paid.refund(noted, 1_000)
    partly = a_payment(10_000)
    issue(partly, 2_500)
    payments = [credited, partly, a_payment(700)]

    with django_assert_num_queries(4):
        many = refundable_many(payments)

    assert {pk: each.left for pk, each in many.items()} == {
        payment.pk: refundable_of(payment).left for payment in payments
    }
    assert many[credited.pk].left.minor == credited.captured_minor - 1_000


def test_customers_are_written_to_when_the_form_says_so():
    payments = [a_payment(1_000), a_payment(1_000)]
    done(started(payments, note_to_customer="We were down for an hour."))
    assert not Message.objects.exists()

    again = [a_payment(1_000), a_payment(1_000)]
    done(started(again, note_to_customer="We were down for an hour.", write_to_customer=True))
    assert Message.objects.filter(kind="refund_promised").count() == 2
    assert set(Refund.objects.values_list("note_to_customer", flat=True)) == {"We were down for an hour."}
