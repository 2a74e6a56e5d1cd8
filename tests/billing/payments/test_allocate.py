"""Applying, taking off, moving and splitting a payment, by hand: in dates and cents, and what is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from billing.errors import InvalidInput
from billing.history.actors import gateway, person
from billing.history.models import HistoryEntry
from billing.history.services import record
from billing.ids import form_key
from billing.ledger import rules as ledger
from billing.ledger.services import post
from billing.models import CreditAccount, Customer, Invoice, Payment, PostingLine
from billing.money import Money
from billing.payments.allocating import allocate_payment
from billing.payments.services import apply_payments, settle
from billing.refunds.services import issue_refund
from tests import make
from tests.books import what_is_broken

pytestmark = pytest.mark.django_db

INES = person(13, "Inês Carvalho")
STRIPE = gateway("stripe")
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)


def a_payment(minor: int, of: Customer | None = None, **more: Any) -> Payment:
    payment = make.payment(of, amount_minor=minor, created_at=NOW, **more)
    record(payment, "created", to_state="succeeded", actor=STRIPE, now=NOW)
    settle([payment], actor=STRIPE, now=NOW)
    return payment


def an_invoice(of: Customer, total: int, number: str = "", gateway_id: str = "") -> Invoice:
    """One that is open and booked: of ours when it has a number, else collected by a gateway."""
    theirs = {"gateway": "stripe", "gateway_id": gateway_id or f"in_{make.serial()}", "number": None}
    ours = {"number": number, "gateway": "", "gateway_id": ""} if number else theirs
    invoice = make.invoice(of, net_minor=total, tax_minor=0, total_minor=total, state="open", **ours)
    record(invoice, "created", to_state="open", actor=STRIPE, now=NOW)
    money = Money(total, "EUR")
    draft = ledger.invoice_finalised(invoice.reference, total=money, net=money, tax=Money(0, "EUR"))
    post(draft, actor=STRIPE, now=NOW, customer_id=of.pk, subject=invoice)
    return invoice


def allocate(payment: Payment, shares: dict[Invoice, int], key: str = "") -> Payment:
    return allocate_payment(
        payment_id=payment.pk, shares={invoice.pk: minor for invoice, minor in shares.items()},
        reason="The customer told us what it was for.", actor=INES, form_key=key or form_key(), now=NOW,
    )  # fmt: skip


def books(of: Customer) -> tuple[int, int, int]:
    """Receivable, customer balance in their favour, and the money lots' balance."""
    lines = PostingLine.objects.filter(customer=of)
    sums = [
        sum(lines.filter(account=each).values_list("amount_minor", flat=True))
        for each in ("receivable", "customer_balance")
    ]
    lots = CreditAccount.objects.filter(customer=of, unit="money").values_list("balance", flat=True)
    return sums[0], -sums[1], sum(lots)


def paid(payment: Payment) -> dict[int, int]:
    return dict(payment.allocations.values_list("invoice_id", "amount_minor"))


def test_by_hand_split_moved_and_taken_off() -> None:
    """100.00 came in without an invoice; two of 60.00 and 70.00 are open."""
    payment = a_payment(10_000)
    one, two = an_invoice(payment.customer, 6_000, "HAL-2026-000001"), an_invoice(payment.customer, 7_000)
    assert books(payment.customer) == (13_000, 10_000, 10_000)

    allocate(payment, {one: 6_000, two: 4_000})
    assert books(payment.customer) == (3_000, 0, 0)
    one.refresh_from_db()
    assert (one.state, one.paid_at) == ("paid", NOW)

    allocate(payment, {one: 3_000, two: 7_000})
    assert books(payment.customer) == (3_000, 0, 0)
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.state, one.paid_at) == ("open", None)
    assert two.state == "open", "its gateway has not told that it is paid"

    allocate(payment, {one: 0})
    assert (books(payment.customer), paid(payment)) == ((6_000, 3_000, 3_000), {two.pk: 7_000})
    allocate(payment, {two: 0})
    assert books(payment.customer) == (13_000, 10_000, 10_000)
    told = HistoryEntry.objects.filter(subject_kind="payment", kind="allocated").order_by("id")
    assert told[1].facts["shares"] == {one.reference: [6_000, 3_000], two.reference: [4_000, 7_000]}
    assert not {key: found for key, found in what_is_broken().items() if key != "numbers_have_no_gap"}


def test_the_same_form_does_it_once() -> None:
    payment = a_payment(5_000)
    invoice, key = an_invoice(payment.customer, 5_000), form_key()
    allocate(payment, {invoice: 5_000}, key)
    allocate(payment, {invoice: 0})
    allocate(payment, {invoice: 5_000}, key)
    assert paid(payment) == {}


@pytest.mark.parametrize(
    ("shares", "code"),
    [
        ((6_001, 0), "share_above_owed"),
        ((6_000, 6_000), "shares_above_payment"),
        ((-1, 0), "share_negative"),
    ],
)
def test_neither_payment_nor_invoice_is_exceeded(shares: tuple[int, int], code: str) -> None:
    payment = a_payment(10_000)
    both = [an_invoice(payment.customer, 6_000), an_invoice(payment.customer, 6_000)]
    with pytest.raises(InvalidInput) as refusal:
        allocate(payment, dict(zip(both, shares, strict=True)))
    assert refusal.value.code == code
    assert paid(payment) == {}


def test_the_invoice_of_another_customer_is_not_paid() -> None:
    payment, stranger = a_payment(10_000), make.customer("Sea Otter Ltd")
    with pytest.raises(InvalidInput) as refusal:
        allocate(payment, {an_invoice(stranger, 6_000): 6_000})
    assert refusal.value.code == "invoice_of_another"


def test_what_was_refunded_as_overpaid_is_not_applied_again() -> None:
    payment = a_payment(10_000)
    invoice = an_invoice(payment.customer, 10_000)
    issue_refund(
        payment_id=payment.pk, amount=Money(4_000, "EUR"), reason="duplicate", note_internal="",
        note_to_customer="", actor=INES, form_key=form_key(), now=NOW,
    )  # fmt: skip
    with pytest.raises(InvalidInput) as refusal:
        allocate(payment, {invoice: 6_001})
    assert refusal.value.code == "shares_above_payment"
    allocate(payment, {invoice: 6_000})
    assert books(payment.customer)[1:] == (0, 0)


def test_what_was_refunded_of_an_invoice_is_not_freed_for_another() -> None:
    payment = a_payment(10_000)
    invoice, other = an_invoice(payment.customer, 10_000), an_invoice(payment.customer, 9_000)
    allocate(payment, {invoice: 10_000})
    issue_refund(
        payment_id=payment.pk, amount=Money(10_000, "EUR"), reason="duplicate", note_internal="",
        note_to_customer="", actor=INES, form_key=form_key(), now=NOW,
    )  # fmt: skip
    with pytest.raises(InvalidInput) as refusal:
        allocate(payment, {invoice: 0})
    assert refusal.value.code == "shares_below_returned"
    allocate(payment, {invoice: 1_000, other: 9_000})
    assert books(payment.customer)[0] == 9_000


def test_a_payment_that_is_reversed_takes_all_of_it_back() -> None:
    payment = a_payment(10_000)
    one, two = an_invoice(payment.customer, 6_000), an_invoice(payment.customer, 7_000)
    allocate(payment, {one: 6_000, two: 4_000})
    allocate(payment, {one: 0})
    payment.state = "reversed"
    payment.save(update_fields=["state"])
    settle([payment], actor=STRIPE, now=NOW)
    assert (books(payment.customer), paid(payment)) == ((13_000, 0, 0), {})


def test_a_gateway_that_says_it_again_changes_nothing_of_it() -> None:
    payment = a_payment(5_000, gateway="stripe", gateway_id="pi_9")
    invoice = an_invoice(payment.customer, 5_000, gateway_id="in_9")
    assert apply_payments("stripe", [("pi_9", "in_9")], actor=STRIPE, now=NOW) == 1
    allocate(payment, {invoice: 0})
    assert apply_payments("stripe", [("pi_9", "in_9")], actor=STRIPE, now=NOW) == 0
    assert books(payment.customer) == (5_000, 5_000, 5_000)
