"""Money lots are the ledger's customer balance, whoever posts."""

import pytest
from django.db import DatabaseError, transaction

from billing.credits import services
from billing.credits.models import CreditEntry, CreditLot
from billing.credits.services import Short
from billing.errors import Conflict, InvalidInput
from billing.ids import form_key
from billing.ledger import rules as ledger
from billing.ledger.models import Posting
from billing.ledger.services import Entry, post, post_many, reverse
from billing.money import Money
from tests import make
from tests.billing.credits.desk import NOW, WORKER, account, assert_sound, booked, by_hand, lots

pytestmark = pytest.mark.django_db


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def paid(customer, reference: str, amount: int, owed: int = 0, subject=None) -> Posting:
    draft = ledger.payment_succeeded(reference, amount=eur(amount), owed=eur(owed))
    return post(draft, actor=WORKER, now=NOW, customer_id=customer.pk, subject=subject)


def give(customer, amount: Money, **more):
    return services.give_store_credit(customer_id=customer.pk, amount=amount, **by_hand(**more))


def use(customer, amount: Money, **more):
    asked = {"actor": WORKER, "now": NOW, "key": form_key(), **more}
    return services.use_store_credit(customer_id=customer.pk, amount=amount, **asked)


def money(customer, currency: str = "EUR"):
    return lots(customer, "money", currency)


def test_goodwill_is_given_used_and_posted():
    customer = make.customer()
    invoice = make.invoice(customer)
    key = form_key()
    for _ in range(2):
        moved = give(customer, eur(2000), key=key)
    assert moved.repeated
    assert money(customer) == [("goodwill", 2000, 2000)]
    assert booked(customer) == {"customer_balance": -2000, "goodwill": 2000}
    used = use(customer, eur(1500), subject=invoice)
    assert used.balance_after == 500
    assert booked(customer) == {"customer_balance": -500, "goodwill": 2000, "receivable": -1500}
    entry = CreditEntry.objects.get(movement="burn")
    assert (entry.subject_kind, entry.subject_id) == ("invoice", invoice.pk)
    assert Posting.objects.get(cause=entry.cause).subject_id == invoice.pk
    assert use(customer, eur(501)) == Short(501, 500)
    assert_sound()


def test_a_key_for_another_amount_is_refused():
    customer, key = make.customer(), form_key()
    give(customer, eur(2000), key=key)
    with pytest.raises(Conflict):
        give(customer, eur(2001), key=key)
    with pytest.raises(InvalidInput):
        give(customer, eur(5), reason="")
    assert booked() == {"customer_balance": -2000, "goodwill": 2000}


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_currencies_stay_apart(currency):
    customer = make.customer()
    give(customer, eur(2000))
    give(customer, Money(700, currency))
    assert use(customer, Money(701, currency)) == Short(701, 700)
    use(customer, Money(700, currency))
    assert (account(customer, "money", "EUR").balance, account(customer, "money", currency).balance) == (
        2000,
        0,
    )
    assert_sound()


def test_an_overpayment_is_a_lot_and_its_reversal_takes_it_away():
    customer = make.customer()
    posting = paid(customer, "PAY-1", 5000, owed=3000)
    assert money(customer) == [("overpayment", 2000, 2000)]
    assert CreditLot.objects.get().paid_for
    reverse(posting, cause="payment.succeeded.reversed:PAY-1", actor=WORKER, now=NOW)
    assert money(customer) == [("overpayment", 2000, 0)]
    assert_sound()


def test_a_reversal_of_what_was_spent_is_a_debt_that_the_next_money_pays():
    customer = make.customer()
    posting = paid(customer, "PAY-1", 5000)
    use(customer, eur(4000))
    reverse(posting, cause="payment.succeeded.reversed:PAY-1", actor=WORKER, now=NOW)
    assert money(customer) == [("overpayment", 5000, 0), ("debt", 0, -4000)]
    paid(customer, "PAY-2", 1500)
    paid(customer, "PAY-3", 3000)
    assert money(customer)[1:] == [("debt", 0, 0), ("overpayment", 1500, 0), ("overpayment", 3000, 500)]
    assert_sound()


def test_a_refund_takes_the_money_of_its_note_and_gives_it_back_when_it_fails():
    customer = make.customer()
    give(customer, eur(1000))
    note = ledger.credit_note("CN-1", net=eur(5000), tax=eur(950), unrendered=eur(0), unpaid=eur(0))
    post(note, actor=WORKER, now=NOW, customer_id=customer.pk)
    draft = ledger.refund_approved("REF-1", amount=eur(5950), from_balance=eur(5950))
    approved = post(draft, actor=WORKER, now=NOW, customer_id=customer.pk)
    assert money(customer) == [("goodwill", 1000, 1000), ("credit_note", 5950, 0)]
    reverse(approved, cause="refund.approved.reversed:REF-1", actor=WORKER, now=NOW)
    assert money(customer) == [("goodwill", 1000, 1000), ("credit_note", 5950, 5950)]
    assert list(CreditEntry.objects.order_by("pk").values_list("movement", flat=True)) == [
        "grant", "grant", "burn", "reverse",
    ]  # fmt: skip
    assert_sound()


def test_a_payment_applied_later_uses_its_own_money_first():
    customer = make.customer()
    first, second = make.payment(customer), make.payment(customer)
    paid(customer, "PAY-1", 5000, subject=first)
    paid(customer, "PAY-2", 5000, subject=second)
    draft = ledger.store_credit_used("PAY-2", amount=eur(3000))
    post(draft, actor=WORKER, now=NOW, customer_id=customer.pk, subject=second)
    assert money(customer) == [("overpayment", 5000, 5000), ("overpayment", 5000, 2000)]
    assert_sound()


def test_many_postings_at_once_are_followed_one_by_one():
    customer, other = make.customer(), make.customer()
    post_many(
        [
            Entry(ledger.payment_succeeded(f"PAY-{n}", amount=eur(100 + n), owed=eur(0)), each.pk)
            for n in range(6)
            for each in [(customer, other)[n % 2]]
        ]
        + [Entry(ledger.store_credit_used("A", amount=eur(150)), customer.pk)],
        actor=WORKER,
        now=NOW,
    )
    assert [left for *_, left in money(customer)] == [0, 52, 104]
    assert account(other, "money", "EUR").balance == 309
    assert_sound()


def test_what_does_not_touch_a_customers_balance_moves_nothing():
    customer = make.customer()
    paid(customer, "PAY-1", 5000, owed=5000)
    assert not CreditEntry.objects.exists()


def test_an_entry_beside_another_amount_in_the_ledger_is_refused():
    customer = make.customer()
    give(customer, eur(100))
    lot = CreditLot.objects.get()
    cause = "store_credit.used:INV-1"
    CreditEntry.objects.create(
        account=account(customer, "money", "EUR"), movement="burn", amount=-5, balance_after=95, at=NOW,
        lot_ids=[lot.pk], lot_amounts=[-5], key=f"posting:{cause}:EUR", actor_kind="system",
        actor_ref="system:x", cause=cause,
    )  # fmt: skip
    draft = ledger.store_credit_used("INV-1", amount=eur(6))
    with pytest.raises(DatabaseError, match="moved by -5, the ledger by -6"), transaction.atomic():
        post(draft, actor=WORKER, now=NOW, customer_id=customer.pk)
