"""A package is bought: what it costs is the catalog's to say, and what was paid brings it once."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum

from billing.catalog.terms import Unknown
from billing.checkouts.buying import offer_of, start_purchase
from billing.checkouts.clearing import clear_abandoned
from billing.checkouts.fulfilling import fulfil, fulfil_waiting
from billing.errors import Conflict, InvalidInput, NotAllowed
from billing.gateways.errors import GatewayRefused, Unreachable
from billing.gateways.sandbox import Sandbox
from billing.gateways.sandbox_charges import payment_fact, public_payment
from billing.history.actors import gateway, person, system
from billing.models import (
    CheckoutSession,
    CreditAccount,
    CreditLot,
    Customer,
    Invoice,
    Payment,
    Posting,
    PostingLine,
    SandboxObject,
    TokenPackage,
)
from billing.payments.services import record_payment
from tests import books, make

pytestmark = pytest.mark.django_db
HOST = person(1, "Halden")
SANDBOX = gateway("sandbox")
NOW = make.NOW


def sandbox() -> Sandbox:
    return Sandbox(clock=lambda: NOW + timedelta(minutes=2))


@pytest.fixture(autouse=True)
def pages_of_today():
    """The sandbox's clock is the tests', which stand in a transaction each; races show that no call does."""
    with (
        patch("billing.gateways.registry.import_string", lambda path: lambda: sandbox()),
        patch("billing.gateways.sandbox_charges.outside_transactions", lambda: None),
    ):
        yield


def balance(account: str, currency: str) -> int:
    """What stands in an account of the ledger; what we owe is below zero."""
    lines = PostingLine.objects.filter(account=account, currency=currency)
    return lines.aggregate(minor=Sum("amount_minor"))["minor"] or 0


@pytest.fixture
def buyer() -> Customer:
    return make.customer(country="DE", currency="EUR")


@pytest.fixture
def package() -> str:
    sold = make.token_package(slug="small", name="100,000 tokens")
    make.package_price(sold, amount_minor=2000, units=100_000, valid_days=365)
    make.package_price(sold, currency="USD", amount_minor=2200, units=100_000)
    return sold.slug


def start(buyer: Customer, key: str = "order-1", **more) -> CheckoutSession:
    asked = {
        "customer_id": buyer.pk,
        "package": "small",
        "quantity": 1,
        "return_url": "https://evil.example/",
        "key": key,
        "actor": HOST,
        "now": NOW,
        **more,
    }
    return start_purchase(**asked)


def pay(session: CheckoutSession, card: str = "4242"):
    """Pays on the sandbox's page; gives the fact that its message tells."""
    return sandbox().pay_on_page(session.gateway_id, card)


def granted(buyer: Customer) -> int:
    account = CreditAccount.objects.filter(customer=buyer, unit="tokens").first()
    return account.balance if account else 0


def test_the_page_asks_for_what_the_catalog_says(buyer: Customer, package: str, settings) -> None:
    session = start(buyer, quantity=3)
    assert (session.state, session.currency, session.quantity) == ("open", "EUR", 3)
    assert session.amount_minor == 7140  # 60.00 and 19 % tax
    page = SandboxObject.objects.get(pk=session.gateway_id)
    assert (page.body["amount_minor"], page.body["reference"]) == (7140, session.reference)
    assert page.body["return_url"] == settings.RETURN_URL
    assert session.url.endswith(f"/sandbox/pay/{session.gateway_id}/")
    assert granted(buyer) == 0 and Invoice.objects.count() == 0


def test_a_paid_page_brings_one_invoice_and_one_grant(buyer: Customer, package: str) -> None:
    session = start(buyer)
    fact = pay(session)
    for _ in range(3):
        record_payment(fact, actor=SANDBOX, now=NOW + timedelta(minutes=3))
    session.refresh_from_db()
    invoice = Invoice.objects.get()
    assert (session.state, session.payment_state, session.invoice) == ("complete", "paid", invoice)
    assert (invoice.state, invoice.net_minor, invoice.tax_minor, invoice.total_minor) == (
        "paid", 2000, 380, 2380,
    )  # fmt: skip
    lot = CreditLot.objects.get(account__unit="tokens")
    assert (lot.amount, lot.kind, lot.cause, lot.paid_for) == (100_000, "small", session.reference, True)
    assert (lot.sold_minor, lot.sold_currency) == (2000, "EUR")
    assert lot.expires_at == NOW + timedelta(minutes=3, days=365)
    payment = Payment.objects.get()
    assert (payment.state, payment.customer, payment.invoice) == ("succeeded", buyer, invoice)
    assert balance("deferred_revenue", "EUR") == -2000
    assert balance("customer_balance", "EUR") == 0
    assert balance("receivable", "EUR") == 0
    assert books.what_is_broken() == {}
    assert Posting.objects.filter(fact="payment.succeeded").count() == 1


def test_a_package_of_a_reduced_class_bears_that_rate(buyer: Customer, package: str) -> None:
    TokenPackage.objects.update(tax_class="reduced")
    session = start(buyer)
    assert session.amount_minor == 2140  # 20.00 and Germany's 7 %
    record_payment(pay(session), actor=SANDBOX, now=NOW)
    invoice = Invoice.objects.get()
    assert (invoice.net_minor, invoice.tax_minor, invoice.lines.get().tax_rate) == (2000, 140, 7)
    assert books.what_is_broken() == {}


def test_store_credit_is_left_alone(buyer: Customer, package: str) -> None:
    from billing.credits.services import give_store_credit
    from billing.money import Money

    give_store_credit(
        customer_id=buyer.pk, amount=Money(500, "EUR"), actor=HOST, now=NOW, key="gift", reason="Sorry"
    )
    record_payment(pay(start(buyer)), actor=SANDBOX, now=NOW)
    assert CreditAccount.objects.get(customer=buyer, unit="money").balance == 500


def test_the_same_key_is_the_same_purchase(buyer: Customer, package: str) -> None:
    first = start(buyer)
    assert start(buyer).pk == first.pk
    with pytest.raises(Conflict):
        start(buyer, quantity=2)
    with pytest.raises(Conflict):
        start(make.customer())
    assert SandboxObject.objects.filter(kind="checkout").count() == 1


def test_the_currency_is_the_customers_and_never_asked_for(package: str) -> None:
    dollars = make.customer(country="US", currency="USD")
    assert offer_of(customer=dollars, package=package, quantity=1, now=NOW).total.currency == "USD"
    nowhere = make.customer(country="DE", currency="GBP")
    assert offer_of(customer=nowhere, package=package, quantity=1, now=NOW).total.currency == "EUR"


@pytest.mark.parametrize("quantity", [0, -1, 101, True])
def test_a_quantity_that_makes_no_sense_is_refused(buyer: Customer, package: str, quantity: int) -> None:
    with pytest.raises(InvalidInput):
        start(buyer, quantity=quantity)


def test_what_is_not_sold_cannot_be_bought(buyer: Customer, package: str) -> None:
    with pytest.raises(Unknown):
        start(buyer, package="smal")
    make.package_price(make.token_package(slug="gone", is_archived=True))
    with pytest.raises(Unknown):
        start(buyer, package="gone")
    assert CheckoutSession.objects.count() == 0


def test_an_archived_package_that_is_being_paid_is_still_given(buyer: Customer, package: str) -> None:
    session = start(buyer)
    session.package_price.package.is_archived = True
    session.package_price.package.save()
    record_payment(pay(session), actor=SANDBOX, now=NOW)
    assert granted(buyer) == 100_000


def test_a_declined_card_brings_nothing_and_the_page_takes_another(buyer: Customer, package: str) -> None:
    session = start(buyer)
    record_payment(pay(session, "0002"), actor=SANDBOX, now=NOW)
    session.refresh_from_db()
    assert (granted(buyer), session.state) == (0, "open")
    record_payment(pay(session), actor=SANDBOX, now=NOW + timedelta(minutes=1))
    assert granted(buyer) == 100_000


def test_a_page_that_may_or_may_not_have_been_made_is_asked_for_again(buyer: Customer, package: str) -> None:
    silence = Unreachable("timeout", "No answer")
    with patch.object(Sandbox, "open_page", side_effect=silence), pytest.raises(Conflict) as refused:
        start(buyer)
    assert refused.value.retry_helps
    assert CheckoutSession.objects.get().state == "starting"
    assert start(buyer).state == "open"
    assert CheckoutSession.objects.count() == 1


def test_a_page_that_was_refused_frees_the_payment(buyer: Customer, package: str) -> None:
    no = GatewayRefused("currency_not_supported", "This currency is not supported.")
    with patch.object(Sandbox, "open_page", side_effect=no), pytest.raises(Conflict):
        start(buyer)
    assert CheckoutSession.objects.get().state == "failed"
    assert Payment.objects.get().state == "canceled"


def test_ten_purchases_an_hour_and_no_more(buyer: Customer, package: str) -> None:
    for number in range(10):
        start(buyer, key=f"order-{number}")
    with pytest.raises(NotAllowed) as refused:
        start(buyer, key="order-11")
    assert "14:32 UTC" in refused.value.sentence
    start(make.customer(), key="somebody-else")
    start(buyer, key="order-12", now=NOW + timedelta(minutes=60))


def test_buying_the_same_again_at_once_leaves_its_line(buyer: Customer, package: str) -> None:
    start(buyer)
    with patch("billing.checkouts.buying.note_odd") as odd:
        start(buyer, key="order-2")
    assert odd.call_args.args == ("checkouts.double_purchase",)


def test_an_abandoned_page_is_closed_and_ended(buyer: Customer, package: str) -> None:
    session = start(buyer)
    assert clear_abandoned(now=NOW + timedelta(minutes=59)) == 0
    assert clear_abandoned(now=NOW + timedelta(minutes=66)) == 1
    session.refresh_from_db()
    assert (session.state, session.url, session.payment.state) == ("expired", "", "canceled")
    assert SandboxObject.objects.get(pk=session.gateway_id).body["state"] == "closed"
    with pytest.raises(GatewayRefused):
        pay(session)
    assert clear_abandoned(now=NOW + timedelta(minutes=70)) == 0
    assert books.what_is_broken() == {}


def test_a_page_paid_in_its_last_second_brings_what_it_sold(buyer: Customer, package: str) -> None:
    session = start(buyer)
    pay(session)  # and the message about it was lost
    assert clear_abandoned(now=NOW + timedelta(minutes=66)) == 0
    session.refresh_from_db()
    assert (session.state, granted(buyer)) == ("complete", 100_000)


def test_one_that_never_heard_from_its_gateway_is_cleared_too(buyer: Customer, package: str) -> None:
    silence = Unreachable("timeout", "No answer")
    with patch.object(Sandbox, "open_page", side_effect=silence), pytest.raises(Conflict):
        start(buyer)
    assert clear_abandoned(now=NOW + timedelta(minutes=66)) == 1
    assert CheckoutSession.objects.get().state == "expired"


def test_another_amount_than_was_asked_for_grants_nothing(buyer: Customer, package: str) -> None:
    session = start(buyer)
    pay(session)
    paid = SandboxObject.objects.get(kind="payment")
    paid.body["amount_minor"] = 100
    record_payment(payment_fact(public_payment(paid)), actor=SANDBOX, now=NOW)
    session.refresh_from_db()
    assert (granted(buyer), session.fulfilled_at, session.failure) == (0, None, "paid_another_amount")
    assert Payment.objects.get().state == "succeeded"
    assert balance("customer_balance", "EUR") == -100


def test_what_could_not_be_given_at_once_is_given_later(buyer: Customer, package: str) -> None:
    session = start(buyer)
    fact = pay(session)
    with patch(
        "billing.checkouts.fulfilling.write_invoices", side_effect=Conflict("seller_missing", "Nobody sells.")
    ):
        record_payment(fact, actor=SANDBOX, now=NOW)
    session.refresh_from_db()
    assert (session.state, session.failure, granted(buyer)) == ("complete", "seller_missing", 0)
    assert balance("customer_balance", "EUR") == -2380
    assert fulfil_waiting(now=NOW + timedelta(minutes=5)) == 1
    assert fulfil_waiting(now=NOW + timedelta(minutes=10)) == 0
    assert granted(buyer) == 100_000
    assert Invoice.objects.get().state == "paid"
    assert balance("customer_balance", "EUR") == 0


def test_nothing_is_given_without_a_payment_that_succeeded(buyer: Customer, package: str) -> None:
    session = start(buyer)
    assert fulfil(session_id=session.pk, actor=system("checkouts"), now=NOW) is False
    assert granted(buyer) == 0


@pytest.mark.parametrize("change", ["quantity = 9", "package_price_id = NULL", "customer_id = NULL"])
def test_the_database_keeps_what_is_being_bought(buyer: Customer, package: str, change: str) -> None:
    session = start(buyer)
    with (
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match="is fixed"),
        transaction.atomic(),
    ):
        cursor.execute(f"UPDATE billing_checkoutsession SET {change} WHERE id = %s", [session.pk])
