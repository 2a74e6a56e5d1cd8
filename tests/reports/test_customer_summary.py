"""A customer's figures against a small book made by hand, where each amount can be followed with a pencil."""

from datetime import timedelta
from typing import Any

import pytest

from billing.history.actors import system
from billing.ledger import rules
from billing.ledger.services import Entry, post_many
from billing.models import Customer, MrrMovement
from billing.money import Money
from reports.customers.summary import summary_of
from tests import make

pytestmark = pytest.mark.django_db


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def post(customer: Customer, *drafts: Any) -> None:
    post_many(
        [Entry(draft, customer_id=customer.pk) for draft in drafts],
        actor=system("test"),
        now=make.NOW,
    )


def movement(customer: Customer, kind: str, minor: int, currency: str = "EUR") -> None:
    MrrMovement.objects.create(
        customer=customer,
        day=make.NOW.date(),
        at=make.NOW,
        currency=currency,
        kind=kind,
        amount_minor=minor,
        cause=f"test:{make.serial()}",
    )


def figures(customer: Customer) -> Any:
    return summary_of(customer.pk, customer.created_at)


def test_one_who_never_did_anything_has_no_figures() -> None:
    summary = figures(make.customer())
    assert (summary.mrr, summary.lifetime, summary.owes, summary.balance) == ((), (), (), ())
    assert summary.next_charge_at is None
    assert not summary.next_charge_unknown


def test_lifetime_is_what_came_less_what_went_back_and_what_disputes_hold() -> None:
    customer = make.customer()
    first = make.payment(customer, amount_minor=9900)
    make.payment(customer, amount_minor=5000, state="failed")
    make.payment(customer, amount_minor=4000, state="reversed")
    disputed = make.payment(customer, amount_minor=3000)
    make.refund(first, amount_minor=1470)
    make.refund(first, amount_minor=2000, state="failed")
    make.refund(first, amount_minor=2000, state="pending")
    make.dispute(disputed, withdrawn_minor=3000)
    make.payment(customer, amount_minor=2500, currency="USD")
    assert figures(customer).lifetime == (eur(9900 - 1470), usd(2500))


def test_somebody_elses_money_is_not_counted() -> None:
    customer, other = make.customer(), make.customer("Okafor Analytics Inc.")
    make.payment(other)
    movement(other, "new", 9900)
    post(other, rules.goodwill_store_credit("GW-1", amount=eur(500)))
    assert figures(customer) == figures(customer).__class__((), (), (), (), None, False, customer.created_at)


def test_owing_and_balance_are_what_the_ledger_holds() -> None:
    customer = make.customer()
    post(
        customer,
        rules.invoice_finalised("T-1", total=eur(9900), net=eur(8250), tax=eur(1650)),
        rules.invoice_finalised("T-2", total=eur(5000), net=eur(4167), tax=eur(833)),
        rules.payment_succeeded("PAY-1", amount=eur(6000), owed=eur(6000)),
        rules.goodwill_store_credit("GW-2", amount=usd(700)),
    )
    summary = figures(customer)
    assert summary.owes == (eur(9900 + 5000 - 6000),)
    assert summary.balance == (usd(700),)


def test_an_overpayment_is_a_balance_and_owes_nothing() -> None:
    customer = make.customer()
    post(
        customer,
        rules.invoice_finalised("T-3", total=eur(9900), net=eur(8250), tax=eur(1650)),
        rules.payment_succeeded("PAY-2", amount=eur(10_000), owed=eur(9900)),
    )
    summary = figures(customer)
    assert summary.owes == (eur(0),)
    assert summary.balance == (eur(100),)


def test_mrr_is_the_sum_of_the_movements_of_each_currency() -> None:
    customer = make.customer()
    movement(customer, "new", 9900)
    movement(customer, "expansion", 2000)
    movement(customer, "contraction", -900)
    movement(customer, "new", 4000, "GBP")
    movement(customer, "churn", -4000, "GBP")
    assert figures(customer).mrr == (eur(11_000), Money(0, "GBP"))


def test_the_next_charge_is_the_nearest_end_of_a_period_that_renews() -> None:
    customer = make.customer()
    later, sooner = make.NOW + timedelta(days=20), make.NOW + timedelta(days=5)
    make.subscription(customer, current_period_end=later)
    make.subscription(customer, current_period_end=sooner, cancel_at_period_end=True)
    make.subscription(customer, current_period_end=sooner, state="paused")
    assert figures(customer).next_charge_at == later


def test_a_renewal_whose_day_nobody_told_is_unknown() -> None:
    customer = make.customer()
    make.subscription(customer, current_period_start=None, current_period_end=None)
    summary = figures(customer)
    assert summary.next_charge_at is None
    assert summary.next_charge_unknown


def test_it_costs_the_same_however_much_there_is(django_assert_num_queries: Any) -> None:
    customer = make.customer()
    make.payments(60, customer)
    for _ in range(5):
        make.refund(make.payment(customer))
        movement(customer, "new", 100)
    with django_assert_num_queries(6):
        figures(customer)


def test_a_free_plan_renews_and_charges_nothing() -> None:
    customer = make.customer()
    make.subscription(customer, make.price(unit_amount_minor=0))
    summary = figures(customer)
    assert summary.next_charge_at is None
    assert not summary.next_charge_unknown
