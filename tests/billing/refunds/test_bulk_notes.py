"""Refunding many payments that paid invoices: a credit note for each, its tax split, in every currency."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.approvals.models import Approval
from billing.approvals.services import approve, reject
from billing.jobs import services as jobs
from billing.jobs.models import Run
from billing.jobs.services import retry_failed
from billing.messages.models import Message
from billing.models import CreditNote, Payment, Refund
from billing.money import Money
from billing.refunds.bulk import begin_bulk, foresee
from billing.refunds.through import in_proportion
from tests.billing.refunds.desk import NOW, a_payment, issue
from tests.billing.refunds.paid import PRO, SEATS, a_paid_invoice, an_invoice, pay, refund
from tests.billing.refunds.test_bulk import INES, JUDE, TOVE, done, started
from tests.books import what_is_broken

pytestmark = pytest.mark.django_db
WHOLE = {"share": "whole", "percent": None}


def sound() -> None:
    untold = ("sandbox_agrees", "states_are_told", "totals_")
    assert {key: said for key, said in what_is_broken().items() if not key.startswith(untold)} == {}


def notes() -> list[tuple[int, int]]:
    return [(note.net_minor, note.tax_minor) for note in CreditNote.objects.order_by("number")]


def test_what_paid_an_invoice_goes_back_with_a_credit_note_of_the_same_sum():
    invoice, payment = a_paid_invoice(PRO, SEATS)
    plain = a_payment(1_000)

    run = done(started([payment, plain]))

    assert (run.done, run.failed) == (2, 0)
    note = CreditNote.objects.get()
    assert [(x.net_minor, x.tax_minor, x.tax_rate) for x in note.lines.all()] == [
        (5_200, 1_000, Decimal("19.2308")),
        (2_000, 140, Decimal(7)),
    ]
    back = Refund.objects.get(payment=payment)
    assert (back.amount_minor, back.credit_note, back.invoice) == (8_340, note, invoice)
    assert Refund.objects.get(payment=plain).credit_note is None
    said = dict(run.rows.values_list("label", "message"))
    assert said[payment.reference] == (
        f"{back.reference} of 83.40 EUR is on its way, with credit note {note.label}"
    )


def test_a_share_is_divided_over_the_lines_in_proportion():
    _, payment = a_paid_invoice(PRO, SEATS)
    done(started([payment], share="percent", percent=10))
    # 8.34 over lines of 62.00 and 21.40: 6.20 and 2.14, each with its own tax.
    (note,) = CreditNote.objects.all()
    assert [(x.net_minor, x.tax_minor) for x in note.lines.all()] == [(520, 100), (200, 14)]


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=8).filter(any), st.integers(0, 10**9), st.data())
def test_in_proportion_it_adds_up_and_no_line_gives_more_than_it_has(lines, salt, data):
    left = {salt + at: minor for at, minor in enumerate(lines)}
    minor = data.draw(st.integers(1, sum(lines)))
    made = in_proportion(Money(minor, "EUR"), left)
    assert sum(made.values()) == minor
    assert all(0 < part <= left[line] for line, part in made.items())


def test_in_a_second_run_the_rest_goes_back_exactly():
    _, payment = a_paid_invoice(PRO, SEATS)
    for _ in range(3):
        done(started([payment], share="percent", percent=29))
    done(started([payment]))
    assert (sum(net for net, _ in notes()), sum(tax for _, tax in notes())) == (7_200, 1_140)
    assert sum(Refund.objects.values_list("amount_minor", flat=True)) == 8_340
    assert foresee([payment], WHOLE).left_out == {"nothing is left of them": [payment.reference]}
    sound()


def test_which_go_through_their_invoice_and_which_do_not():
    _, whole = a_paid_invoice()
    part = pay(an_invoice(), 2_000)
    over = pay(an_invoice(), 9_000)
    several = a_payment(12_400)
    for each in (an_invoice(), an_invoice()):
        each.allocations.create(payment=several, amount_minor=6_200, created_at=NOW)
    none = a_payment(700)
    credited, noted = a_paid_invoice()
    refund(credited, 6_200)

    foreseen = foresee([whole, part, over, several, none, noted], WHOLE)

    assert set(foreseen.through) == {whole.pk}
    assert set(foreseen.amounts) == {whole.pk, part.pk, over.pk, several.pk, none.pk}
    assert foreseen.left_out == {"nothing is left of them": [noted.reference]}


def test_the_preview_costs_the_same_for_many(django_assert_num_queries):
    payments = [a_paid_invoice(PRO, SEATS)[1] for _ in range(5)]
    credited, noted = a_paid_invoice()
    refund(credited, 1_000)
    for some in ([payments[0], noted], [*payments, noted]):
        with django_assert_num_queries(7):
            foresee(some, WHOLE)


def test_what_was_refunded_before_is_counted_once():
    invoice, payment = a_paid_invoice()
    refund(invoice, 2_000, payment=payment)
    issue(payment, 1_000)
    foreseen = foresee([payment], WHOLE)
    assert foreseen.amounts[payment.pk].minor == 3_200
    done(started([payment]))
    assert [sum(each) for each in notes()] == [2_000, 3_200]
    assert sum(Refund.objects.values_list("amount_minor", flat=True)) == 6_200


def test_an_invoice_that_moved_on_fails_its_row_and_nothing_goes_back_by_half():
    invoice, payment = a_paid_invoice()
    other = a_paid_invoice()[1]
    run = started([payment, other])
    refund(invoice, 1_000)

    run = done(run)

    assert (run.done, run.failed) == (2, 1)
    failed = run.rows.get(ok=False)
    assert failed.label == payment.reference
    assert failed.message.startswith(
        "Amount: 62.00 EUR is more than the 52.00 EUR that can still be refunded"
    )
    assert not Refund.objects.filter(payment=payment).exists() and CreditNote.objects.count() == 2
    assert done(retry_failed(run=run, actor=INES, now=NOW)).failed == 1


def test_killed_at_a_row_and_resumed_it_makes_no_second_note(monkeypatch):
    payments = [a_paid_invoice()[1] for _ in range(4)]
    run = started(payments)
    real, calls = jobs._one, []

    def killed(*args):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(jobs, "_one", killed)
    with pytest.raises(KeyboardInterrupt):
        done(run)
    monkeypatch.undo()
    # A row whose result was lost is done again under the same key.
    run.rows.filter(ok=True).update(ok=None)
    Run.objects.filter(pk=run.pk).update(done=0)
    run = done(run)

    assert (run.state, run.failed) == ("done", 0)
    assert Refund.objects.count() == CreditNote.objects.count() == 4
    numbers = sorted(CreditNote.objects.values_list("number", flat=True))
    assert [int(each[-6:]) for each in numbers] == [1, 2, 3, 4]


def currencies() -> tuple[list[Payment], list[Payment]]:
    euros = [a_paid_invoice()[1] for _ in range(3)]
    yen = [pay(an_invoice((9_000, 0, None), currency="JPY")) for _ in range(2)]
    return euros, yen


def test_each_currency_has_a_run_of_its_own_begun_together():
    euros, yen = currencies()
    run = started([*euros, *yen])
    other = Run.objects.exclude(pk=run.pk).get()

    assert (run.title, other.title) == (
        "Refund payments, 5 payments: those in EUR",
        "Refund payments, 5 payments: those in JPY",
    )
    assert (run.total, run.asked["currency"], run.asked["total_minor"]) == (3, "EUR", 18_600)
    assert (other.total, other.asked["currency"], other.asked["total_minor"]) == (2, "JPY", 18_000)
    assert (run.asked["together"], other.asked["together"]) == ([other.pk], [run.pk])
    assert [done(each).failed for each in (run, other)] == [0, 0]
    assert CreditNote.objects.filter(currency="JPY").count() == 2
    assert sorted(Refund.objects.values_list("currency", flat=True)) == ["EUR"] * 3 + ["JPY"] * 2
    sound()


def test_one_yes_for_each_currency_and_a_no_stops_only_its_own():
    many = [a_payment(90_000) for _ in range(3)]
    yen = [a_payment(900_000, currency="JPY") for _ in range(2)]
    run = started([*many, *yen], actor=JUDE)
    other = Run.objects.exclude(pk=run.pk).get()
    assert (run.state, other.state) == ("paused", "paused")
    asked = {each.currency: each for each in Approval.objects.all()}
    assert {code: each.amount_minor for code, each in asked.items()} == {"EUR": 270_000, "JPY": 1_800_000}

    approve(
        approval_id=asked["EUR"].pk, reason="The outage", seen_digest=asked["EUR"].digest, actor=TOVE,
        now=NOW, check=lambda approval: None,
    )  # fmt: skip
    reject(approval_id=asked["JPY"].pk, reason="Not there", actor=TOVE, now=NOW, check=lambda approval: None)
    assert (done(run).done, Run.objects.get(pk=other.pk).state) == (3, "canceled")
    assert set(Refund.objects.values_list("currency", flat=True)) == {"EUR"}


def test_the_same_form_begins_them_once():
    euros, yen = currencies()
    run = started([*euros, *yen])
    begin_bulk(Run.objects.get(pk=run.pk), INES, NOW)
    assert Run.objects.count() == 2


def test_their_customers_are_written_to_and_the_yes_is_kept():
    payments = [a_paid_invoice()[1] for _ in range(2)]
    done(started(payments, note_to_customer="We were down.", write_to_customer=True))
    assert Message.objects.filter(kind="refund_promised").count() == 2
    assert all("run" in each for each in Refund.objects.values_list("allowed_by_rule", flat=True))
    assert set(CreditNote.objects.values_list("memo", flat=True)) == {"We were down."}


def test_workers_take_the_runs_up_by_themselves():
    euros, yen = currencies()
    run = started([*euros, *yen])
    waiting = ProcrastinateJob.objects.filter(task_name=jobs.DO_RUN).values_list("args", flat=True)
    assert {each["run_id"] for each in waiting} == {run.pk, *run.asked["together"]}
