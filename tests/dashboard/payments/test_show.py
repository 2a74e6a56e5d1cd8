"""A payment's page: facts, refundable and why, the gateway's words, what belongs to it, what may be done."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from billing.history.actors import gateway, person
from billing.history.services import move
from billing.ledger import rules as ledger_rules
from billing.ledger.services import post
from billing.models import Payment
from billing.money import Money
from billing.payments import rules
from billing.payments.declines import explain
from billing.payments.queries import currencies_in_use, method_words
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: None) -> Client:
    client = Client()
    client.force_login(make.member("support"))
    return client


def body(desk: Client, payment: Payment) -> str:
    response = desk.get(reverse("payments:show", args=[payment.reference]))
    assert response.status_code == 200
    return response.content.decode()


def test_it_says_what_can_go_back_and_why(desk: Client) -> None:
    payment = make.payment(amount_minor=9900)
    refund = make.refund(payment, amount_minor=1470)
    make.dispute(payment, withdrawn_minor=1000)
    page = body(desk, payment)
    assert "74.30" in page and "14.70" in page and "10.00" in page
    assert refund.reference in page
    assert page.count("can go back") == 1


def test_what_cannot_be_refunded_stays_in_sight_with_its_reason(desk: Client) -> None:
    page = body(desk, make.payment(state="failed"))
    if "Refund…" in page:
        assert 'aria-disabled="true"' in page
        assert "is not possible:" in page


def test_the_gateways_words_are_translated(desk: Client) -> None:
    payment = make.payment(
        state="failed", failure_code="insufficient_funds", failure_message="Your card has insufficient funds."
    )
    make.attempt(payment, code="insufficient_funds")
    page = body(desk, payment)
    assert "The account had too little money." in page
    assert "Your card has insufficient funds." in page and "insufficient_funds" in page
    odd = body(desk, make.payment(state="failed", failure_code="brand_new_code"))
    assert "The gateway declined it." in odd and "brand_new_code" in odd


@pytest.mark.parametrize(
    ("code", "hard"), [("insufficient_funds", False), ("stolen_card", True), ("expired_card", True)]
)
def test_a_decline_is_hard_or_soft(code: str, hard: bool) -> None:
    meaning = explain(code)
    assert meaning is not None and meaning.hard is hard


def test_an_unknown_code_is_not_guessed_at() -> None:
    assert explain("") is None and explain("brand_new_code") is None


def test_unknown_warns_against_charging_again(desk: Client) -> None:
    assert "Do not charge again" in body(desk, make.payment(state="unknown"))


def test_what_happened_says_who_and_why(desk: Client) -> None:
    payment = make.payment(state="pending", captured_minor=0, succeeded_at=None)
    move(
        payment,
        rules.MACHINE,
        "succeeded",
        actor=gateway("stripe"),
        now=make.NOW,
        money=Money(9900, "EUR"),
        also={"captured_minor": 9900, "succeeded_at": make.NOW},
    )
    page = body(desk, payment)
    assert "Payment of 99.00 EUR succeeded" in page and "Stripe" in page


def test_its_postings_and_invoices_stand_there(desk: Client) -> None:
    payment = make.payment()
    invoice = make.invoice(payment.customer)
    make.allocation(payment, invoice)
    amount = Money(9900, "EUR")
    post(
        ledger_rules.payment_succeeded(payment.reference, amount=amount, owed=amount),
        actor=person(1, "Jude Okafor"),
        now=make.NOW,
        customer_id=payment.customer_id,
        subject=payment,
    )
    page = body(desk, payment)
    assert invoice.label in page
    assert "Gateway clearing" in page and "Receivable" in page


def test_a_fee_that_nobody_told_is_unknown_and_not_zero(desk: Client) -> None:
    page = body(desk, make.payment(fee_minor=None))
    assert "has not told the fee yet" in page
    assert "0.30" in body(desk, make.payment(fee_minor=30))


def test_a_payment_that_is_not_there_is_not_found(desk: Client) -> None:
    assert desk.get("/payments/PAY-20260101-NOBODY00/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"card_brand": "visa", "card_last4": "4242"}, "Visa ···· 4242"),
        ({"card_brand": "amex", "card_last4": "0005"}, "Amex ···· 0005"),
        ({"method_kind": "sepa_debit", "card_brand": "", "card_last4": "3000"}, "SEPA debit ···· 3000"),
        ({"method_kind": "bank_transfer", "card_brand": "", "card_last4": ""}, "Bank transfer"),
        ({"method_kind": "", "card_brand": "", "card_last4": ""}, "Not told"),
    ],
)
def test_a_method_in_words(fields: dict[str, Any], words: str) -> None:
    assert method_words(make.payment(**fields)) == words


def test_currencies_are_those_that_occur() -> None:
    assert currencies_in_use() == []
    for code in ("USD", "EUR", "USD", "JPY"):
        make.payment(currency=code)
    assert currencies_in_use() == ["EUR", "JPY", "USD"]


def test_a_name_that_looks_like_markup_stays_text(desk: Client) -> None:
    payment = make.payment(make.customer("<img src=x onerror=alert(1)>"))
    assert "<img src=x" not in body(desk, payment)
    assert "<img src=x" not in desk.get("/payments/?view=all").content.decode()


def test_an_erased_customer_keeps_the_rows_readable(desk: Client) -> None:
    payment = make.payment()
    payment.customer.identity.delete()
    assert f"{payment.customer.reference} (erased)" in body(desk, payment)
    assert "(erased)" in desk.get("/payments/?view=all").content.decode()
