"""Refunding an invoice: the note, the books, the caps, the credits, the subscription, a second person."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from billing.approvals.models import Approval
from billing.approvals.services import approve, reject
from billing.credits.services import burn
from billing.errors import Conflict, InvalidInput
from billing.gateways.facts import RefundFact
from billing.history.actors import gateway, person
from billing.ids import form_key
from billing.models import CreditNote, MrrMovement, NumberSeries, Refund
from billing.refunds.caps import left_of_invoice
from billing.refunds.clawing import preview_for
from billing.refunds.queries import refundable_of
from billing.refunds.services import record_answer
from billing.subscriptions.services import record_mrr
from tests import make
from tests.billing.refunds.desk import NOW, issue
from tests.billing.refunds.paid import (
    PRO,
    SEATS,
    a_paid_invoice,
    an_invoice,
    booked,
    granted,
    pay,
    refund,
    store_credit,
    tokens,
)
from tests.books import what_is_broken

pytestmark = pytest.mark.django_db

JUDE = person(12, "Jude Okafor", roles=("support",))
TOVE = person(14, "Tove Ahlgren", roles=("finance",))


def sound() -> None:
    # The invoices and payments that the tests begin with tell no story, and no totals are rolled here.
    untold = ("sandbox_agrees", "states_are_told", "totals_")
    assert {key: said for key, said in what_is_broken().items() if not key.startswith(untold)} == {}


def sent(made: Refund) -> Refund:
    return record_answer(
        fact=fact_of(made, "succeeded", NOW), actor=gateway("sandbox"), now=NOW, refund_id=made.pk
    )


def test_52_and_10_of_tax_in_seven_refunds_give_back_exactly_that():
    invoice, payment = a_paid_invoice()

    for gross in (3_200, 900, 800, 300, 600, 300, 100):
        sent(refund(invoice, gross, payment=payment).refund)

    notes = list(CreditNote.objects.order_by("number"))
    assert [note.tax_minor for note in notes] == [516, 145, 129, 49, 96, 49, 16]
    assert (sum(n.net_minor for n in notes), sum(n.tax_minor for n in notes)) == (5_200, 1_000)
    assert [note.number for note in notes] == [f"CN-2026-{n:06}" for n in range(1, 8)]
    assert booked(invoice.customer) == {}
    assert store_credit(invoice.customer) == 0
    with pytest.raises(Conflict) as refused:
        refund(invoice, 1, payment=payment)
    assert refused.value.code == "nothing_to_credit"
    sound()


def test_two_rates_each_by_line():
    invoice, payment = a_paid_invoice(PRO, SEATS)

    made = refund(invoice, 3_100, 1_070, payment=payment)

    assert [(x.net_minor, x.tax_minor) for x in made.note.lines.all()] == [(2_600, 500), (1_000, 70)]
    assert made.refund.amount_minor == 4_170
    assert made.refund.credit_note == made.note
    assert booked(invoice.customer) == {
        "gateway_clearing": 8_340, "refunds_in_transit": -4_170, "deferred_revenue": -3_600,
        "tax_payable": -570,
    }  # fmt: skip
    sound()


def test_store_credit_stays_as_a_lot_and_the_payment_gives_no_more():
    invoice, payment = a_paid_invoice()

    made = refund(invoice, 6_200)

    assert made.refund is None
    assert store_credit(invoice.customer) == 6_200
    assert refundable_of(payment).left.minor == 0
    with pytest.raises(Conflict):
        issue(payment, 100)
    sound()


def test_outside_needs_a_reference_and_succeeds_by_hand():
    invoice, payment = a_paid_invoice()

    with pytest.raises(InvalidInput) as refused:
        refund(invoice, 1_000, payment=payment, destination="outside")
    assert refused.value.field == "outside_reference"
    made = refund(
        invoice, 1_000, payment=payment, destination="outside", outside_reference="SEPA 2026-11-18/7"
    ).refund

    assert made.state == "succeeded"
    assert booked(invoice.customer)["bank"] == -1_000
    assert "refunds_in_transit" not in booked(invoice.customer)
    sound()


def test_what_is_still_owed_is_lowered_first():
    invoice = an_invoice()
    payment = pay(invoice, 2_000)

    made = refund(invoice, 5_000, payment=payment)

    assert (made.note.total_minor, made.note.on_paid_minor) == (5_000, 800)
    assert made.refund.amount_minor == 800
    invoice.refresh_from_db()
    assert invoice.state == "paid"
    sound()


def test_nothing_paid_makes_only_a_note():
    invoice = an_invoice()

    made = refund(invoice, 1_200)

    assert (made.note.on_paid_minor, made.refund) == (0, None)
    assert booked(invoice.customer)["receivable"] == 5_000
    sound()


def test_a_gateways_invoice_is_credited_there():
    invoice = make.invoice(gateway="stripe", gateway_id="in_1", state="paid")

    with pytest.raises(Conflict) as refused:
        refund(invoice, 100)
    assert "Credit it there" in refused.value.sentence


def test_both_caps_hold():
    invoice, payment = a_paid_invoice()
    issue(payment, 5_000)

    assert left_of_invoice(invoice).minor == 1_200
    with pytest.raises(InvalidInput) as refused:
        refund(invoice, 1_201, payment=payment)
    assert refused.value.code == "amount_above_invoice"
    with pytest.raises(InvalidInput):
        refund(invoice, 1_201)
    refund(invoice, 1_200, payment=payment)
    assert left_of_invoice(invoice).minor == 0


def test_the_same_form_acts_once():
    invoice, payment = a_paid_invoice()
    key = form_key()

    first = refund(invoice, 1_000, payment=payment, key=key)
    again = refund(invoice, 1_000, payment=payment, key=key)

    assert (again.refund, again.note) == (first.refund, first.note)
    with pytest.raises(Conflict):
        refund(invoice, 2_000, payment=payment, key=key)
    assert CreditNote.objects.count() == 1
    credited = refund(invoice, 500, key=(other := form_key()))
    assert refund(invoice, 500, key=other).note == credited.note


def test_no_number_is_lost_when_it_fails(monkeypatch):
    invoice, payment = a_paid_invoice()
    refund(invoice, 1_000, payment=payment)

    def fail(*args, **kwargs):
        raise Conflict("queue_down", "The queue is down.")

    monkeypatch.setattr("billing.refunds.carrying.queue.enqueue_submit", fail)
    with pytest.raises(Conflict):
        refund(invoice, 1_000, payment=payment)
    monkeypatch.undo()
    later = refund(invoice, 1_000, payment=payment)

    assert later.note.number == "CN-2026-000002"
    assert NumberSeries.objects.get(prefix="CN-2026-").next_number == 3


def test_a_note_never_stands_before_the_one_numbered_ahead_of_it():
    invoice, payment = a_paid_invoice()

    first = refund(invoice, 1_000, payment=payment, now=NOW)
    second = refund(invoice, 1_000, payment=payment, now=NOW - timedelta(minutes=5))

    assert second.note.issued_at == first.note.issued_at
    sound()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE billing_creditnote SET net_minor = net_minor + 1, total_minor = total_minor + 1",
        "UPDATE billing_creditnote SET number = 'CN-2026-000009'",
        "UPDATE billing_creditnote SET memo = 'other'",
        "DELETE FROM billing_creditnote",
    ],
)
def test_a_note_is_frozen(change: str):
    invoice, payment = a_paid_invoice()
    refund(invoice, 1_000, payment=payment)
    note = CreditNote.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{change} WHERE id = {note.pk}")


def subscribed():
    subscription = make.subscription(collected_by="us", state="active")
    record_mrr(subscription.customer, "EUR", NOW, TOVE)
    invoice, payment = a_paid_invoice(customer=subscription.customer, subscription=subscription)
    return subscription, invoice, payment


def test_credits_go_back_in_proportion_and_never_more_than_were_granted():
    subscription, invoice, payment = subscribed()
    granted(subscription, 1_000)
    assert [each.units for each in preview_for(invoice, 3_100, now=NOW)] == [500]

    refund(invoice, 3_100, payment=payment)
    assert tokens(subscription.customer) == 500
    refund(invoice, 1_550, payment=payment)
    assert tokens(subscription.customer) == 250
    refund(invoice, 1_550)
    assert tokens(subscription.customer) == 0
    sound()


def test_credits_that_are_used_become_a_debt():
    subscription, invoice, payment = subscribed()
    granted(subscription, 1_000)
    burn(customer_id=subscription.customer_id, unit="tokens", amount=900, actor=TOVE, now=NOW, key="use")

    refund(invoice, 3_100, payment=payment)

    assert tokens(subscription.customer) == -400
    sound()


def test_a_refund_without_a_note_takes_credits_and_gives_them_back_when_it_fails():
    subscription, _invoice, payment = subscribed()
    granted(subscription, 1_000)

    made = sent(issue(payment, 3_100))
    assert tokens(subscription.customer) == 500
    record_answer(fact=failed(made), actor=gateway("sandbox"), now=NOW)

    assert tokens(subscription.customer) == 1_000


def failed(made: Refund) -> RefundFact:
    return fact_of(made, "failed", NOW + timedelta(days=3))


def fact_of(made: Refund, state: str, as_of: datetime) -> RefundFact:
    return RefundFact(
        gateway="sandbox",
        gateway_id=f"sbx_re_{made.pk}",
        payment_gateway_id=made.payment.gateway_id,
        amount_minor=made.amount_minor,
        currency=made.currency,
        state=state,
        created_at=NOW,
        as_of=as_of,
        reference=made.reference,
    )


def test_a_late_failure_leaves_the_note_and_makes_the_money_the_customers_again():
    invoice, payment = a_paid_invoice()
    made = sent(refund(invoice, 6_200, payment=payment).refund)
    made.refresh_from_db()
    assert made.state == "succeeded"

    record_answer(fact=failed(made), actor=gateway("sandbox"), now=NOW + timedelta(days=3))

    made.refresh_from_db()
    assert made.state == "failed"
    assert CreditNote.objects.filter(voided_at=None).count() == 1
    assert store_credit(invoice.customer) == 6_200
    # It is theirs by the note: a second refund beside it would give it twice.
    assert refundable_of(payment).left.minor == 0
    sound()


@pytest.mark.parametrize(
    ("choice", "state"), [("keep", "active"), ("period_end", "active"), ("now", "canceled")]
)
def test_what_becomes_of_the_subscription(choice: str, state: str):
    subscription, invoice, payment = subscribed()

    refund(invoice, 6_200, payment=payment, subscription=choice)

    subscription.refresh_from_db()
    assert subscription.state == state
    assert subscription.cancel_at_period_end == (choice == "period_end")
    assert MrrMovement.objects.filter(kind="churn").exists() == (choice == "now")


def test_a_gateways_subscription_is_canceled_there():
    subscription = make.subscription(collected_by="gateway")
    invoice, payment = a_paid_invoice(customer=subscription.customer, subscription=subscription)

    with pytest.raises(InvalidInput) as refused:
        refund(invoice, 6_200, payment=payment, subscription="now")
    assert "cancel it on its own page" in refused.value.sentence
    assert not CreditNote.objects.exists()


def test_above_the_limit_nothing_is_done_before_the_yes_and_then_once():
    invoice, payment = a_paid_invoice((500_000, 95_000, None))
    asked = refund(invoice, 595_000, payment=payment, actor=JUDE)
    assert (asked.refund.state, asked.note) == ("pending_approval", None)
    assert left_of_invoice(invoice).minor == 0, "it is held"
    assert not CreditNote.objects.exists()

    waiting = Approval.objects.get()
    approve(
        approval_id=waiting.pk, reason="Agreed with them", seen_digest=waiting.digest, actor=TOVE,
        now=NOW, check=lambda approval: None,
    )  # fmt: skip

    asked.refund.refresh_from_db()
    assert asked.refund.state == "approved"
    assert asked.refund.credit_note.total_minor == 595_000
    assert CreditNote.objects.count() == 1
    sound()


def test_a_no_leaves_the_invoice_as_it_was():
    invoice, payment = a_paid_invoice((500_000, 95_000, None))
    refund(invoice, 595_000, payment=payment, actor=JUDE)

    reject(
        approval_id=Approval.objects.get().pk, reason="Not ours", actor=TOVE, now=NOW,
        check=lambda approval: None,
    )  # fmt: skip

    assert left_of_invoice(invoice).minor == 595_000
    assert not CreditNote.objects.exists()
    sound()


def test_store_credit_above_the_limit_waits_on_the_invoice():
    invoice, _payment = a_paid_invoice((500_000, 95_000, None))
    key = form_key()
    asked = refund(invoice, 595_000, actor=JUDE, key=key)
    assert (asked.note, asked.refund) == (None, None)
    assert refund(invoice, 595_000, actor=JUDE, key=key).approval == asked.approval

    approve(
        approval_id=asked.approval.pk, reason="", seen_digest="", actor=TOVE, now=NOW,
        check=lambda approval: None,
    )  # fmt: skip

    assert store_credit(invoice.customer) == 595_000
    asked.approval.refresh_from_db()
    assert asked.approval.state == "executed"


def test_a_request_that_was_overtaken_fails_and_holds_nothing():
    invoice, _payment = a_paid_invoice((500_000, 95_000, None))
    asked = refund(invoice, 595_000, actor=JUDE)
    refund(invoice, 100_000)

    approve(
        approval_id=asked.approval.pk, reason="", seen_digest="", actor=TOVE, now=NOW,
        check=lambda approval: None,
    )  # fmt: skip

    asked.approval.refresh_from_db()
    assert asked.approval.state == "failed"
    assert store_credit(invoice.customer) == 100_000


@pytest.mark.parametrize(("currency", "part"), [("JPY", "2,000"), ("KWD", "2.000")])
def test_other_exponents(currency: str, part: str):
    invoice, payment = a_paid_invoice(currency=currency)

    made = refund(invoice, 2_000, payment=payment)

    assert made.note.tax_minor == 323
    assert made.refund.currency == currency
    with pytest.raises(InvalidInput) as refused:
        refund(invoice, 9_000, payment=payment)
    assert currency in refused.value.sentence
