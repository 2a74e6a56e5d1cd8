"""Two bulk refunds of the same payments, and one that two workers took up."""

from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from billing.history.actors import person
from billing.ids import form_key
from billing.jobs import services as jobs
from billing.jobs.models import Run
from billing.jobs.services import RowAsked, do_run, start_run
from billing.models import CreditNote, LimitUse, Payment, Refund
from billing.refunds.bulk import REFUND_MANY, begin_bulk
from tests.billing.refunds.desk import NOW, a_payment, assert_sound
from tests.billing.refunds.paid import a_paid_invoice
from tests.races.harness import (
    at_once,
    meeting,
    refused,
    without_payment_lock,
    without_trigger,
)

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

INES = person(13, "Ines Marchetti", roles=("finance",))
RULE = "billing.refunds.rules.check_refund"
WITHIN = ("billing_refund", "refunds_stay_within_their_payment")


def begun(payments: list[Payment], key: str | None = None) -> Run:
    run = start_run(
        kind=REFUND_MANY,
        title="Refund payments",
        rows=[RowAsked(payment.pk, payment.reference) for payment in payments],
        asked={"share": "whole", "percent": None, "reason": "service_disruption"},
        actor=INES,
        now=NOW,
        form_key=key or form_key(),
    )
    begin_bulk(run, INES, NOW)
    return run


def two_runs(payments: list[Payment]) -> list[Any]:
    runs = [begun(payments), begun(payments)]
    with meeting(RULE, 2):
        outcomes = at_once([partial(do_run, run_id=run.pk, clock=timezone.now) for run in runs])
    assert refused(outcomes) == []
    return outcomes


def test_two_runs_over_the_same_payments_refund_each_once():
    payments = [a_payment(1_000) for _ in range(3)]

    runs = two_runs(payments)

    assert sum(run.done for run in runs) == 6
    assert sum(run.failed for run in runs) == 3
    assert sorted(Refund.objects.values_list("payment_id", flat=True)) == sorted(p.pk for p in payments)
    assert_sound()


def test_without_lock_and_trigger_both_runs_refund_it():
    payments = [a_payment(1_000)]
    with without_payment_lock(), without_trigger(*WITHIN):
        runs = two_runs(payments)
    assert [run.failed for run in runs] == [0, 0]
    assert Refund.objects.count() == 2
    with pytest.raises(AssertionError, match="promised"):
        assert_sound()


def test_two_workers_on_one_run_do_each_row_once():
    payments = [a_payment(1_000) for _ in range(4)]
    run = begun(payments)

    outcomes = at_once([partial(do_run, run_id=run.pk, clock=timezone.now) for _ in range(2)])

    assert refused(outcomes) == []
    run.refresh_from_db()
    assert (run.done, run.failed, Refund.objects.count()) == (4, 0, 4)
    assert_sound()


def test_one_form_posted_four_times_at_once_is_one_run_and_one_use_of_the_limit():
    payments, key = [a_payment(1_000) for _ in range(2)], form_key()

    with meeting("billing.jobs.services._fields", 4):
        outcomes = at_once([partial(posted, payments, key) for _ in range(4)])

    assert refused(outcomes) == []
    assert len({run.pk for run in outcomes}) == 1
    assert Run.objects.get().total == 2
    assert LimitUse.objects.filter(subject_kind="run").count() == 1


def posted(payments: list[Payment], key: str) -> Run:
    """As the screen does it: the run and what it holds of the limit in one transaction."""
    with transaction.atomic():
        return begun(payments, key)


def test_a_worker_killed_between_row_and_result_leaves_no_double(monkeypatch):
    payments = [a_payment(1_000) for _ in range(3)]
    run = begun(payments)
    real = jobs.RunRow.save

    def killed(row: Any, *args: Any, **kwargs: Any) -> None:
        if row.subject_id == payments[1].pk:
            raise KeyboardInterrupt
        real(row, *args, **kwargs)

    monkeypatch.setattr(jobs.RunRow, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        do_run(run_id=run.pk, clock=timezone.now)
    monkeypatch.undo()
    assert Refund.objects.count() == 1, "the second row's refund went with its transaction"

    at_once([partial(do_run, run_id=run.pk, clock=timezone.now) for _ in range(2)])

    assert Refund.objects.count() == 3
    assert_sound()


def test_two_runs_over_paid_invoices_make_one_note_each():
    payments = [a_paid_invoice()[1] for _ in range(3)]
    runs = [begun(payments), begun(payments)]
    with meeting(RULE, 2):
        outcomes = at_once([partial(do_run, run_id=run.pk, clock=timezone.now) for run in runs])

    assert refused(outcomes) == []
    assert sum(run.failed for run in outcomes) == 3
    assert CreditNote.objects.count() == Refund.objects.count() == 3
    numbers = sorted(int(each[-6:]) for each in CreditNote.objects.values_list("number", flat=True))
    assert numbers == [1, 2, 3], "none missing, none twice"


def test_two_workers_on_one_run_of_invoices_make_one_note_each():
    payments = [a_paid_invoice()[1] for _ in range(3)]
    run = begun(payments)
    outcomes = at_once([partial(do_run, run_id=run.pk, clock=timezone.now) for _ in range(2)])
    assert refused(outcomes) == []
    run.refresh_from_db()
    assert (run.done, run.failed, CreditNote.objects.count(), Refund.objects.count()) == (3, 0, 3, 3)
