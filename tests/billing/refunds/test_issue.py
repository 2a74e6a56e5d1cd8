"""A promise: written whole with its key, its history, its posting and its job, or not at all."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.errors import Conflict, InvalidInput, Missing
from billing.history.models import HistoryEntry
from billing.ids import form_key, is_reference, new_reference
from billing.ledger.models import Posting
from billing.models import Dispute, Invoice, PaymentAllocation, Refund
from billing.money import Money
from billing.refunds.queries import refundable_of
from billing.refunds.services import issue_refund
from tests.billing.refunds.desk import JUDE, NOW, a_payment, assert_sound, balances, issue, states_of

pytestmark = pytest.mark.django_db


def refusal_of(payment, minor=6_000, **changed):
    with pytest.raises((InvalidInput, Conflict)) as refusal:
        issue(payment, minor, **changed)
    return refusal.value


def last_job() -> int:
    return ProcrastinateJob.objects.aggregate(last=Max("id"))["last"] or 0


def jobs_since(job_id: int) -> list[ProcrastinateJob]:
    return list(ProcrastinateJob.objects.filter(id__gt=job_id))


def test_writes_reference_key_history_posting_and_job():
    payment, before = a_payment(), last_job()

    refund = issue(payment, 6_000, note_internal=" Charged twice ", note_to_customer="Sorry!")

    assert is_reference(refund.reference, "REF")
    assert refund.reference.startswith("REF-20261118-")
    assert (refund.state, refund.origin, refund.gateway) == ("approved", "desk", "sandbox")
    assert refund.allowed_by_rule == "no limit is set for this role yet"
    assert (refund.asked_by_ref, refund.asked_by_name) == ("staff:12", "Jude Okafor")
    assert (refund.note_internal, refund.note_to_customer) == ("Charged twice", "Sorry!")
    assert states_of(refund) == ["draft", "approved"]
    assert {entry.actor_name for entry in HistoryEntry.objects.all()} == {"Jude Okafor"}
    assert balances(refund) == {"customer_balance": 6_000, "refunds_in_transit": -6_000}
    assert [job.args for job in jobs_since(before)] == [{"refund_id": refund.pk}]
    assert_sound()


def test_notes_are_not_in_the_audit_trail():
    refund = issue(a_payment(), note_internal="Her phone number is in the ticket")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(e)::text FROM billing_refundevent e")
        rows = [row for (row,) in cursor.fetchall()]
    assert rows
    assert not any("phone" in row for row in rows)
    assert refund.note_internal


@pytest.mark.parametrize(
    ("minor", "code"),
    [(0, "amount_zero"), (-100, "amount_negative"), (10_001, "amount_above_refundable")],
)
def test_a_refusal_writes_nothing(minor, code):
    payment, before = a_payment(), last_job()
    assert refusal_of(payment, minor).code == code
    assert not Refund.objects.exists()
    assert not HistoryEntry.objects.exists()
    assert not Posting.objects.exists()
    assert not jobs_since(before)


def test_a_failure_after_the_rule_rolls_everything_back(monkeypatch):
    payment = a_payment()

    def fail(*args, **kwargs):
        raise RuntimeError("no queue")

    monkeypatch.setattr("billing.refunds.queue.enqueue_submit", fail)
    with pytest.raises(RuntimeError):
        issue(payment)
    assert not Refund.objects.exists()
    assert not Posting.objects.exists()


def test_partial_refunds_add_up_to_the_payment_and_no_further():
    payment = a_payment(10_000)
    issue(payment, 2_500)
    issue(payment, 7_500)
    assert refusal_of(payment, 1).code == "nothing_left"
    assert_sound()


def test_what_stands_in_the_way_is_told_with_references():
    payment = a_payment(10_000)
    refund = issue(payment, 2_500)
    dispute = Dispute.objects.create(
        reference="DSP-20261118-7K2M9QPA",
        payment=payment,
        customer=payment.customer,
        state="needs_response",
        currency="EUR",
        amount_minor=4_000,
        withdrawn_minor=4_000,
        created_at=NOW,
    )

    found = refundable_of(payment)

    assert (found.captured.minor, found.left.minor, found.held.minor) == (10_000, 3_500, 2_500)
    assert [(part.kind, part.reference, part.amount.minor) for part in found.parts] == [
        ("refund", refund.reference, 2_500),
        ("dispute", dispute.reference, 4_000),
    ]
    assert refusal_of(payment, 3_501).facts == {"asked_minor": 3_501, "left_minor": 3_500}


def test_a_warning_without_money_lowers_nothing():
    payment = a_payment(10_000)
    Dispute.objects.create(
        reference="DSP-20261118-7K2M9QPB",
        payment=payment,
        customer=payment.customer,
        state="warning",
        currency="EUR",
        amount_minor=10_000,
        created_at=NOW,
    )
    assert refundable_of(payment).left.minor == 10_000


@pytest.mark.parametrize("state", ["pending", "failed", "unknown", "reversed", "requires_action"])
def test_a_payment_that_did_not_come_in(state):
    payment = a_payment(state=state)
    assert refusal_of(payment).code == "payment_not_refundable"
    assert not refundable_of(payment).is_open


def test_wrong_currency():
    assert refusal_of(a_payment(), amount=Money(100, "USD")).field == "amount"


def test_a_payment_that_does_not_exist():
    with pytest.raises(Missing):
        issue_refund(
            payment_id=987_654_321,
            amount=Money(100, "EUR"),
            reason="duplicate",
            note_internal="",
            note_to_customer="",
            actor=JUDE,
            form_key=form_key(),
            now=NOW,
        )


def test_the_same_form_makes_one_refund():
    payment, key, before = a_payment(), form_key(), last_job()
    assert issue(payment, form_key=key) == issue(payment, form_key=key)
    assert Refund.objects.count() == 1
    assert len(jobs_since(before)) == 1


@pytest.mark.parametrize("changed", [{"minor": 5_000}, {"reason": "goodwill"}])
def test_the_same_form_with_something_else_is_refused(changed):
    payment, key = a_payment(), form_key()
    refund = issue(payment, form_key=key)
    refusal = refusal_of(payment, form_key=key, **changed)
    assert refusal.code == "form_already_used"
    assert refund.reference in refusal.sentence


def test_the_same_form_on_another_payment_is_refused():
    key = form_key()
    issue(a_payment(), form_key=key)
    assert refusal_of(a_payment(), form_key=key).code == "form_already_used"
    assert Refund.objects.count() == 1


def test_without_a_form_nothing_is_made():
    assert refusal_of(a_payment(), form_key="").code == "form_key_missing"


def test_what_paid_an_invoice_is_granted_the_rest_is_the_customer_s():
    payment = a_payment(10_000)
    invoice = Invoice.objects.create(**an_invoice(payment))
    PaymentAllocation.objects.create(payment=payment, invoice=invoice, amount_minor=7_000, created_at=NOW)

    first, second = issue(payment, 2_000), issue(payment, 2_000)

    assert (first.from_balance_minor, second.from_balance_minor) == (2_000, 1_000)
    assert balances(second) == {
        "customer_balance": 1_000,
        "refunds_granted": 1_000,
        "refunds_in_transit": -2_000,
    }
    assert_sound()


def an_invoice(payment):
    return {
        "reference": "INV-20261118-7K2M9QPA",
        "customer": payment.customer,
        "state": "draft",
        "currency": "EUR",
        "net_minor": 7_000,
        "tax_minor": 0,
        "total_minor": 7_000,
        "created_at": NOW,
    }


class TestTheDatabaseRefusesWhatTheServiceNeverDoes:
    def refused_as(self, constraint, act):
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            act()
        assert refusal.value.__cause__.diag.constraint_name == constraint

    def row(self, payment, **changed):
        columns = {
            "reference": new_reference("REF", NOW.date()),
            "payment": payment,
            "customer": payment.customer,
            "state": "approved",
            "origin": "desk",
            "reason": "other",
            "currency": "EUR",
            "amount_minor": 100,
            "asked_by_ref": "staff:12",
            "asked_by_name": "Jude Okafor",
            "created_at": NOW,
        }
        return lambda: Refund.objects.create(**columns | changed)

    @pytest.mark.parametrize(
        ("changed", "constraint"),
        [
            ({"amount_minor": 10_001}, "refunds_stay_within_their_payment"),
            ({"currency": "USD"}, "refund_is_in_the_currency_of_its_payment"),
            ({"amount_minor": 0}, "refund_is_above_zero"),
            ({"from_balance_minor": 101}, "refund_draws_no_more_than_itself_from_the_balance"),
            ({"reference": "REF-1"}, "refund_reference_has_its_shape"),
            ({"seen_at": NOW}, "refund_seen_names_who_saw_it"),
        ],
    )
    def test_a_row(self, changed, constraint):
        self.refused_as(constraint, self.row(a_payment(), **changed))

    def test_a_move_that_is_not_listed(self):
        refund = issue(a_payment())
        self.refused_as(
            "refund_moves_only_as_listed",
            lambda: Refund.objects.filter(pk=refund.pk).update(state="succeeded"),
        )

    def test_an_amount_that_grows(self):
        refund = issue(a_payment())
        self.refused_as(
            "refunds_stay_within_their_payment",
            lambda: Refund.objects.filter(pk=refund.pk).update(amount_minor=20_000),
        )
