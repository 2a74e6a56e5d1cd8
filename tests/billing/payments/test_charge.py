"""An invoice is charged: what each answer of the gateway makes of the payment and of the invoice."""

from datetime import timedelta
from typing import Any

import pytest

from billing.errors import Refused
from billing.gateways.models import GatewayPace
from billing.gateways.sandbox import Sandbox
from billing.history.actors import gateway
from billing.models import Alert, HistoryEntry, Payment
from billing.money import Money
from billing.payments import charging
from billing.payments.services import record_payment
from billing.payments.unknown import UNKNOWN_FOR_LONG, look_up_due, look_up_payment
from tests import make
from tests.billing.payments.tills import (
    JUDE,
    NOW,
    a_card,
    an_invoice,
    assert_sound,
    at_the_sandbox,
    balances,
    charge,
    due,
    later,
    states_of,
    taken,
)
from tests.books import what_is_broken

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: Any) -> None:
    monkeypatch.setattr(charging, "sleep", lambda seconds: None)


def test_a_success_pays_the_invoice():
    invoice = due()
    payment = charge(invoice)

    invoice.refresh_from_db()
    assert (payment.state, payment.captured_minor, payment.is_live) == ("succeeded", 9_900, False)
    assert payment.idempotency_key == payment.reference
    assert (invoice.state, invoice.paid_at, invoice.collect_at) == ("paid", NOW, None)
    assert [each.amount_minor for each in invoice.allocations.all()] == [9_900]
    assert [each.state for each in payment.attempts.all()] == ["succeeded"]
    assert balances() == {"gateway_clearing": 9_900, "deferred_revenue": -9_900}
    assert states_of(payment) == ["pending", "succeeded"]
    assert_sound()
    assert what_is_broken() == {}


@pytest.mark.parametrize(
    ("card", "code", "again"),
    [
        ("0002", "card_declined", timedelta(days=1)),
        ("9995", "insufficient_funds", timedelta(days=1)),
        ("3155", "authentication_required", timedelta(days=1)),
        ("0069", "expired_card", None),
        ("9979", "stolen_card", None),
    ],
)
def test_a_decline_says_why_and_when_it_is_tried_again(card, code, again):
    invoice = due(card)
    payment = charge(invoice)

    invoice.refresh_from_db()
    assert (payment.state, payment.failure_code, payment.is_live) == ("failed", code, False)
    assert payment.failure_message.endswith(".")
    assert [(each.state, each.code) for each in payment.attempts.all()] == [("failed", code)]
    assert invoice.state == "open"
    assert invoice.collect_at == (NOW + again if again else None), "a hard decline waits for another card"
    told = HistoryEntry.objects.get(subject_kind="invoice", subject_id=invoice.pk, kind="charge_failed")
    assert told.facts["code"] == code
    assert_sound()


def test_soft_declines_are_tried_on_their_days_and_no_more():
    invoice = due("9995")
    days, now = [], NOW
    for _ in range(6):
        charge(invoice, now=now)
        invoice.refresh_from_db()
        if invoice.collect_at is None:
            break
        days.append((invoice.collect_at - NOW).days)
        now = invoice.collect_at
    assert days == [1, 3, 7, 14, 30]
    assert invoice.collect_at is None
    assert len(at_the_sandbox(invoice)) == 6


def test_what_is_left_after_store_credit_is_charged():
    from billing.ledger import rules as ledger
    from billing.ledger.services import post

    invoice = due()
    draft = ledger.store_credit_used(f"{invoice.reference}:credit", amount=Money(900, "EUR"))
    with_credit = ledger.goodwill_store_credit("G-1", amount=Money(900, "EUR"))
    for each in (with_credit, draft):
        post(each, actor=JUDE, now=NOW, customer_id=invoice.customer_id, subject=invoice)

    assert charge(invoice).amount_minor == 9_000
    invoice.refresh_from_db()
    assert invoice.state == "paid"


@pytest.mark.parametrize("card", ["6001", "6005"], ids=["timed out after it was done", "garbage"])
def test_an_answer_that_was_lost_is_looked_up_and_not_charged_again(card):
    invoice = due(card)
    payment = charge(invoice)
    assert (payment.state, payment.is_live, payment.failure_code) == ("unknown", True, "timeout")
    assert [each.state for each in payment.attempts.all()] == ["unknown"]

    with pytest.raises(Refused, match="already"):
        charge(invoice)
    done = look_up_payment(payment_id=payment.pk, actor=JUDE, now=later(1))

    invoice.refresh_from_db()
    assert (done.state, invoice.state, taken(invoice)) == ("succeeded", "paid", 9_900)
    assert [each.state for each in payment.attempts.all()] == ["succeeded"]
    assert_sound()


def test_a_call_that_never_arrived_is_charged_anew_under_another_key():
    invoice = due("6002")
    payment = charge(invoice)
    assert look_up_payment(payment_id=payment.pk, actor=JUDE, now=later(5)).state == "unknown", "too early"

    assert look_up_payment(payment_id=payment.pk, actor=JUDE, now=later(10)).state == "failed"
    invoice.refresh_from_db()
    assert invoice.collect_at == later(10), "it is no decline: it is charged again at once"
    second = charge(invoice, now=later(11))
    assert second.state == "unknown", "this card loses the first call of each key"
    assert second.idempotency_key != payment.idempotency_key
    assert_sound()


def test_a_gateway_that_asks_to_slow_down_is_asked_again_under_the_same_key():
    invoice = due("6003")
    assert charge(invoice).state == "succeeded"
    assert len(at_the_sandbox(invoice)) == 1


def test_what_nobody_can_tell_for_a_day_is_the_desks():
    invoice = due("6006")
    payment = charge(invoice)
    Payment.objects.filter(pk=payment.pk).update(looked_up_at=later(60))
    from unittest.mock import patch

    from billing.gateways.errors import Unreachable

    with patch.object(Sandbox, "find_charge", side_effect=Unreachable("unreachable", "No answer.")):
        assert look_up_due(now=NOW + timedelta(days=1, minutes=1)) == 0
    assert Alert.objects.get(kind=UNKNOWN_FOR_LONG, closed_at=None).key == "sandbox"
    assert "A payment through sandbox" in Alert.objects.get().sentence

    assert look_up_due(now=NOW + timedelta(days=2)) == 1
    assert Alert.objects.filter(kind=UNKNOWN_FOR_LONG, closed_at=None).count() == 0
    payment.refresh_from_db()
    assert (payment.state, payment.failure_code) == ("failed", "never_arrived")


def test_a_bank_that_answers_later_pays_later(settings):
    settings.SANDBOX_BANK_SECONDS = 0
    invoice = due("6007")
    payment = charge(invoice)
    assert (payment.state, payment.is_live) == ("pending", True)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.collect_at) == ("open", None)

    assert look_up_due(now=later(5)) == 1
    invoice.refresh_from_db()
    assert invoice.state == "paid"
    assert_sound()


def test_the_webhook_before_the_answer_is_the_same_payment():
    invoice = due()
    real = charging.call

    def told_meanwhile(order: Any) -> Any:
        answer = real(order)
        record_payment(answer, actor=gateway("sandbox"), now=NOW)
        return answer

    charging.call = told_meanwhile
    try:
        payment = charge(invoice)
    finally:
        charging.call = real
    assert Payment.objects.count() == 1
    assert (payment.state, states_of(payment)) == ("succeeded", ["pending", "succeeded"])
    assert_sound()


def test_a_message_without_our_key_is_known_again_when_the_answer_comes():
    """Some servers tell of the charge by its id alone, before they answer."""
    from dataclasses import replace

    invoice = due()
    real = charging.call

    def told_meanwhile(order: Any) -> Any:
        answer = real(order)
        record_payment(replace(answer, reference=""), actor=gateway("sandbox"), now=NOW)
        return answer

    charging.call = told_meanwhile
    try:
        payment = charge(invoice)
    finally:
        charging.call = real
    invoice.refresh_from_db()
    assert (payment.state, payment.invoice_id, invoice.state) == ("succeeded", invoice.pk, "paid")
    assert sorted(Payment.objects.values_list("state", flat=True)) == ["canceled", "succeeded"]
    assert balances() == {"gateway_clearing": 9_900, "deferred_revenue": -9_900}
    assert_sound()


def test_a_reversal_opens_the_invoice_again():
    from dataclasses import replace

    invoice = due()
    payment = charge(invoice)
    fact = Sandbox().retrieve_payment(payment.gateway_id)
    assert fact is not None
    record_payment(
        replace(fact, state="failed", as_of=fact.as_of + timedelta(days=1), attempts=()),
        actor=gateway("sandbox"),
        now=later(days=1),
    )
    invoice.refresh_from_db()
    payment.refresh_from_db()
    assert (payment.state, invoice.state, invoice.paid_at) == ("reversed", "open", None)
    assert_sound()


def test_what_cannot_be_charged_is_refused_with_a_remedy():
    customer = make.customer()
    without = an_invoice(customer)
    with pytest.raises(Refused, match="payment link") as no:
        charge(without)
    assert no.value.code == "no_method"
    a_card(customer)
    charge(without)
    with pytest.raises(Refused, match="only an open invoice"):
        charge(without)
    with pytest.raises(Refused, match="does not exist"):
        collect = charging.collect_invoice
        collect(invoice_id=0, actor=JUDE, now=NOW)
    theirs = make.invoice(customer, gateway="stripe", gateway_id="in_1")
    with pytest.raises(Refused, match="collected by its gateway"):
        charge(theirs)


def test_a_gateway_of_ours_that_is_not_set_up_takes_nothing(settings):
    settings.STRIPE_API_KEY = ""
    customer = make.customer(gateway="stripe", gateway_id="cus_1")
    make.method(customer, gateway="stripe", gateway_id="pm_1")
    invoice = an_invoice(customer)
    payment = charge(invoice)
    invoice.refresh_from_db()
    assert (payment.state, payment.failure_code) == ("canceled", "not_set_up")
    assert invoice.collect_at == later(60), "somebody has to mend the settings"
    assert not GatewayPace.objects.filter(failures__gt=0).exists()


def test_the_default_card_is_charged_and_another_when_asked_for():
    invoice = due()
    other = a_card(invoice.customer, "0002", is_default=False)
    payment = charge(invoice, method_id=other.pk)
    assert (payment.state, payment.card_last4) == ("failed", "0002")
    assert charge(invoice).card_last4 == "4242"
