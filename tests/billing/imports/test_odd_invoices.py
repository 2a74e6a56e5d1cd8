"""Invoices that give back, are paid from a balance, are given up, or are paid after all."""

from typing import Any

import pytest

from billing.models import Customer, Invoice, Posting
from tests.billing.imports.stripe_account import START, Account
from tests.billing.imports.test_run_import import balances, imported, traces
from tests.books import what_is_broken

pytestmark = pytest.mark.django_db(transaction=True)
VERSIONS = pytest.mark.parametrize("version", ["old", "new"])


def downgrade(account: Account, n: int, **more: Any) -> None:
    """In two lines: what was paid for the dear plan comes back, the cheap one is charged; nothing is paid."""
    tax = -190
    told = (
        {"amount": tax, "tax_behavior": "exclusive"} if account.new else {"amount": tax, "inclusive": False}
    )
    name = "total_taxes" if account.new else "total_tax_amounts"
    lines = [
        {"id": f"il_back_{n}", "amount": -2450, "description": "Unused time", "proration": True},
        {"id": f"il_new_{n}", "amount": 1450, "description": "Halden Basic"},
    ]
    body = {
        "id": f"in_back_{n}",
        "object": "invoice",
        "number": f"HALDEN-B{n}",
        "status": "paid",
        "created": START + 86_400,
        "customer": f"cus_{n:04}",
        "currency": "eur",
        "total": -1190,
        "amount_due": 0,
        "amount_paid": 0,
        "starting_balance": 0,
        "ending_balance": -1190,
        "status_transitions": {"finalized_at": START + 86_400, "paid_at": START + 86_400},
        name: [told],
        "lines": {"object": "list", "data": lines},
    }
    account.put("invoices", {**body, **more})


def owed(account: Account, n: int, status: str, **more: Any) -> None:
    """An invoice with a total of 58.31 that nobody has paid."""
    account.paid_invoice(n, status=status, amount_paid=0, **more)
    for kind in ("payment_intents", "charges"):
        account.objects[kind].popitem()
    if account.new:
        account.objects["invoice_payments"].popitem()
        account.objects["invoices"][f"in_{n:04}"]["payments"] = {"object": "list", "data": []}


def again_writes_nothing() -> None:
    before = traces()
    imported()
    assert traces() == before
    assert what_is_broken() == {}


@VERSIONS
def test_a_downgrade_gives_back_to_the_balance_and_the_next_invoice_takes_from_it(
    version: str, settings: Any
) -> None:
    account = Account(version)
    account.catalog()
    account.customer(1)
    account.subscription(1)
    downgrade(account, 1)
    with account.serving(settings):
        assert imported().failed == 0
        invoice = Invoice.objects.get()
        assert (invoice.net_minor, invoice.tax_minor, invoice.total_minor) == (-1000, -190, -1190)
        assert [line.net_minor for line in invoice.lines.all()] == [-2450, 1450]
        assert balances() == {"deferred_revenue": 1000, "tax_payable": 190, "customer_balance": -1190}
        assert what_is_broken() == {}
        again_writes_nothing()

        account.paid_invoice(1, starting_balance=-1190, ending_balance=0, amount_paid=4641)
        account.intent(1, 4641)
        account.charge(1, 4641)
        assert imported().failed == 0
        assert what_is_broken() == {}
        assert balances().get("customer_balance", 0) == 0
        assert balances().get("receivable", 0) == 0
        again_writes_nothing()


def test_a_balance_that_was_given_at_stripe_pays_an_invoice(settings: Any) -> None:
    """Credit entered by hand at Stripe is not told: ours falls below zero by what it paid, and holds."""
    account = Account()
    account.customer(1)
    account.subscription(1)
    account.catalog()
    owed(account, 1, "paid", starting_balance=-9000, ending_balance=-3169)
    with account.serving(settings):
        assert imported().failed == 0
        assert balances()["customer_balance"] == 5831
        assert what_is_broken() == {}
        again_writes_nothing()


def test_a_void_one_takes_back_what_it_gave_and_took(settings: Any) -> None:
    account = Account()
    account.catalog()
    for n in (1, 2):
        account.customer(n)
        account.subscription(n)
    downgrade(account, 1)
    owed(account, 2, "open", starting_balance=-1000, ending_balance=0)
    with account.serving(settings):
        imported()
        assert balances()["receivable"] == 4831
        assert what_is_broken() == {}
        moments = {"finalized_at": START + 60, "voided_at": START + 9000}
        owed(account, 2, "void", starting_balance=-1000, ending_balance=0, status_transitions=moments)
        assert imported().failed == 0
        assert what_is_broken() == {}
        owing = Customer.objects.get(gateway_id="cus_0002")
        assert sum(p.amount_minor for p in lines_of(owing, "receivable")) == 0
        assert sum(p.amount_minor for p in lines_of(owing, "customer_balance")) == 0


def lines_of(customer: Customer, account: str) -> list[Any]:
    return [
        line
        for posting in Posting.objects.filter(customer=customer)
        for line in posting.lines.filter(account=account)
    ]


@VERSIONS
def test_what_is_uncollectible_is_written_off_and_paid_after_all(version: str, settings: Any) -> None:
    account = Account(version)
    account.catalog()
    account.customer(1)
    account.subscription(1)
    owed(account, 1, "uncollectible", status_transitions={"marked_uncollectible_at": START + 5000})
    with account.serving(settings):
        assert imported().failed == 0
        assert what_is_broken() == {}
        assert balances() == {"bad_debt": 931, "tax_payable": -931}
        again_writes_nothing()

        account.paid_invoice(1)
        assert imported().failed == 0
        assert what_is_broken() == {}
        assert balances().get("bad_debt", 0) == 0
        assert balances()["deferred_revenue"] == -4900
        assert balances().get("receivable", 0) == 0
        assert balances()["gateway_clearing"] == 5831 - 99
        again_writes_nothing()


def test_a_credit_note_after_the_write_off_lowers_it(settings: Any) -> None:
    account = Account()
    account.catalog()
    account.customer(1)
    account.subscription(1)
    owed(account, 1, "uncollectible")
    with account.serving(settings):
        imported()
        account.credit_note(1, 1000, type="pre_payment")
        assert imported().failed == 0
        assert what_is_broken() == {}
        assert balances() == {"bad_debt": 741, "tax_payable": -741}
        again_writes_nothing()
