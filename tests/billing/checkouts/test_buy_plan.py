"""A plan is bought on a page: what was paid begins it once, with its invoice, its credits and its card."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from billing.checkouts.clearing import clear_abandoned
from billing.checkouts.fulfilling import fulfil_waiting
from billing.checkouts.subscribing import PlanAsked, plan_offer_of
from billing.checkouts.telling import ALERT
from billing.errors import Conflict, InvalidInput, NotAllowed
from billing.gateways.sandbox_charges import payment_fact, public_payment
from billing.models import (
    Alert,
    CheckoutSession,
    CreditAccount,
    CreditLot,
    Customer,
    Invoice,
    Payment,
    PaymentMethod,
    Posting,
    SandboxObject,
    Subscription,
)
from billing.subscriptions.starting import start_subscription
from tests import books, make
from tests.billing.checkouts.plans import (
    HOST,
    NOW,
    free_subscription,
    pages_of_today,
    pay,
    start,
    team,
    tell,
)

__all__ = ["pages_of_today"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages_of_today")]


@pytest.fixture
def buyer() -> Customer:
    team()
    return make.customer(country="DE", currency="EUR")


def test_the_page_asks_for_what_the_first_invoice_will_be(buyer: Customer, settings) -> None:
    session = start(buyer)
    assert (session.state, session.currency, session.quantity) == ("open", "EUR", 3)
    assert session.amount_minor == 11_899  # 3 × 33.33 and 19 % of 99.99, rounded once
    page = SandboxObject.objects.get(pk=session.gateway_id)
    assert (page.body["amount_minor"], page.body["keep"]) == (11_899, True)
    assert page.body["description"] == "Team × 3, monthly"
    assert page.body["return_url"] == settings.RETURN_URL
    assert Subscription.objects.count() == 0 and Invoice.objects.count() == 0


def test_what_was_paid_begins_the_plan_once(buyer: Customer) -> None:
    session = start(buyer)
    fact = pay(session)
    for minutes in (3, 4, 5):
        tell(fact, minutes)
    session.refresh_from_db()
    subscription, invoice, payment = Subscription.objects.get(), Invoice.objects.get(), Payment.objects.get()
    begins = NOW + timedelta(minutes=3)
    assert (subscription.customer, subscription.state, subscription.asked_by) == (buyer, "active", "customer")
    assert (subscription.anchor_at, subscription.current_period_start) == (begins, begins)
    assert subscription.current_period_end == datetime(2026, 12, 18, 13, 35, tzinfo=UTC)
    item = subscription.items.get()
    assert (item.price, item.quantity) == (session.price, 3)
    assert (session.state, session.payment_state) == ("complete", "paid")
    assert (session.subscription, session.invoice) == (subscription, invoice)
    assert (invoice.state, invoice.net_minor, invoice.tax_minor, invoice.total_minor) == (
        "paid", 9_999, 1_900, 11_899,
    )  # fmt: skip
    line = invoice.lines.get()
    assert (line.item_id, line.price, line.quantity) == (item.pk, session.price, 3)
    assert (line.period_start, line.period_end) == (begins, subscription.current_period_end)
    assert payment.allocations.get().amount_minor == 11_899
    assert Posting.objects.filter(fact="payment.succeeded").count() == 1
    assert Posting.objects.filter(fact="invoice.finalised").count() == 1
    assert CreditLot.objects.get(account__unit="tokens").amount == 1500  # 500 a seat
    assert books.what_is_broken() == {}


def test_the_card_is_kept_for_the_renewal(buyer: Customer) -> None:
    old = make.method(buyer, gateway="sandbox", gateway_id="sbx_pm_old_0069", is_default=True)
    tell(pay(start(buyer)))
    card = PaymentMethod.objects.exclude(pk=old.pk).get()
    assert (card.customer, card.brand, card.last4, card.exp_year) == (buyer, "visa", "4242", 2029)
    assert card.is_default and card.gateway_id.endswith("_4242")
    old.refresh_from_db()
    assert not old.is_default
    assert Payment.objects.get().method == card


def test_a_card_that_was_chosen_later_stays_chosen(buyer: Customer) -> None:
    from billing.payments.saving import make_default

    fact = pay(start(buyer))
    tell(fact)
    other = make.method(buyer, gateway="sandbox", gateway_id="sbx_pm_other_4242")
    make_default(other, actor=HOST, now=NOW + timedelta(minutes=4))
    tell(fact, 5)
    other.refresh_from_db()
    assert other.is_default and PaymentMethod.objects.filter(is_default=True).count() == 1


def test_a_price_with_tax_in_it_costs_what_it_says() -> None:
    team()
    buyer = make.customer(country="DE", currency="USD")
    session = start(buyer, asked=PlanAsked("team", "month", 1, 1))
    assert session.amount_minor == 3900
    tell(pay(session))
    invoice = Invoice.objects.get()
    assert (invoice.total_minor, invoice.tax_minor, invoice.currency) == (3900, 623, "USD")
    assert books.what_is_broken() == {}


def test_the_invoice_is_of_what_was_paid_though_the_country_changed_meanwhile(buyer: Customer) -> None:
    session = start(buyer)
    fact = pay(session)
    Customer.objects.filter(pk=buyer.pk).update(country="FR")
    tell(fact)
    invoice = Invoice.objects.get()
    assert (invoice.total_minor, invoice.state) == (11_899, "paid")
    assert books.what_is_broken() == {}


def test_store_credit_and_waiting_lines_are_left_for_the_next_invoice(buyer: Customer) -> None:
    make.pending_line(buyer, amount_minor=-500)
    tell(pay(start(buyer)))
    assert Invoice.objects.get().total_minor == 11_899


def test_a_free_plan_makes_room(buyer: Customer) -> None:
    free = free_subscription(buyer)
    tell(pay(start(buyer)))
    free.refresh_from_db()
    assert free.state == "canceled"
    assert Subscription.objects.exclude(state="canceled").get().items.get().price.tier.slug == "team"


def test_whoever_has_a_plan_is_told_to_change_it(buyer: Customer) -> None:
    make.subscription(buyer, make.price())
    with pytest.raises(Conflict) as refused:
        start(buyer)
    assert refused.value.code == "already_subscribed"
    assert CheckoutSession.objects.count() == 0


def subscribe(buyer: Customer, minutes: int) -> Subscription:
    """The desk starts one meanwhile."""
    price = make.price(make.tier(name="Solo"))
    return start_subscription(
        customer_id=buyer.pk, price_id=price.pk, reason="On the phone", key="desk-1", actor=HOST,
        now=NOW + timedelta(minutes=minutes), collection="send",
    ).subscription  # fmt: skip


def test_whoever_got_one_meanwhile_gets_no_second_and_the_money_is_theirs(buyer: Customer) -> None:
    session = start(buyer)
    fact = pay(session)
    other = subscribe(buyer, 1)
    tell(fact)
    tell(fact, 4)
    fulfil_waiting(now=NOW + timedelta(minutes=5))
    session.refresh_from_db()
    assert Subscription.objects.get() == other
    assert (session.state, session.fulfilled_at, session.subscription) == ("complete", None, None)
    assert (session.kept_at, session.failure) == (NOW + timedelta(minutes=3), "already_subscribed")
    assert CreditAccount.objects.get(customer=buyer, unit="money").balance == 11_899
    told = Alert.objects.get(kind=ALERT)
    assert session.reference in told.sentence and "118.99" in told.sentence
    assert books.what_is_broken() == {}


def test_two_pages_that_are_both_paid_begin_one_plan(buyer: Customer) -> None:
    first, second = start(buyer, "plan-1"), start(buyer, "plan-2")
    tell(pay(first))
    tell(pay(second), 4)
    assert Subscription.objects.count() == 1
    assert CheckoutSession.objects.filter(kept_at__isnull=False).get() == second
    assert books.what_is_broken() == {}


def test_the_alert_goes_when_the_money_was_given_back_or_spent(buyer: Customer) -> None:
    first, second = start(buyer, "plan-1"), start(buyer, "plan-2")
    tell(pay(first))
    tell(pay(second), 4)
    fulfil_waiting(now=NOW + timedelta(minutes=5))
    assert Alert.objects.filter(kind=ALERT, closed_at=None).count() == 1
    make.refund(Payment.objects.get(checkout_sessions=second))
    fulfil_waiting(now=NOW + timedelta(minutes=10))
    assert Alert.objects.filter(kind=ALERT, closed_at=None).count() == 0


def test_what_could_not_begin_at_once_begins_later(buyer: Customer) -> None:
    session = start(buyer)
    fact = pay(session)
    no = Conflict("seller_not_set", "Nobody sells.")
    with patch("billing.subscriptions.starting.write_invoices", side_effect=no):
        tell(fact)
    session.refresh_from_db()
    assert (session.state, session.failure) == ("complete", "seller_not_set")
    assert Subscription.objects.count() == 0
    assert fulfil_waiting(now=NOW + timedelta(minutes=5)) == 1
    assert fulfil_waiting(now=NOW + timedelta(minutes=10)) == 0
    assert Subscription.objects.get().anchor_at == NOW + timedelta(minutes=5)
    assert Invoice.objects.get().state == "paid"
    assert CreditAccount.objects.get(customer=buyer, unit="money").balance == 0
    assert books.what_is_broken() == {}


def test_a_plan_that_is_no_longer_sold_is_still_given(buyer: Customer) -> None:
    session = start(buyer)
    tier = session.price.tier
    tier.is_archived = True
    tier.save(update_fields=["is_archived"])
    tell(pay(session))
    assert Subscription.objects.count() == 1


def test_another_amount_than_was_asked_for_begins_nothing(buyer: Customer) -> None:
    session = start(buyer)
    pay(session)
    paid = SandboxObject.objects.get(kind="payment")
    paid.body["amount_minor"] = 100
    tell(payment_fact(public_payment(paid)))
    session.refresh_from_db()
    assert (session.failure, Subscription.objects.count()) == ("paid_another_amount", 0)


def test_a_declined_card_begins_nothing_and_the_page_takes_another(buyer: Customer) -> None:
    session = start(buyer)
    tell(pay(session, "0002"))
    assert (Subscription.objects.count(), PaymentMethod.objects.count()) == (0, 0)
    tell(pay(session), 4)
    assert Subscription.objects.count() == 1
    assert PaymentMethod.objects.get().last4 == "4242"


def test_a_bank_that_answers_later_begins_it_then(buyer: Customer) -> None:
    session = start(buyer)
    tell(pay(session, "6007"))
    assert Subscription.objects.count() == 0
    later = SandboxObject.objects.get(kind="payment").body["later"]
    made = public_payment(SandboxObject.objects.get(kind="payment"))
    tell(payment_fact(made | later | {"as_of": later["at"]}), 90)
    assert Subscription.objects.count() == 1


def test_an_abandoned_page_is_closed_and_a_look_up_finds_what_was_paid(buyer: Customer) -> None:
    abandoned, paid = start(buyer, "plan-1"), start(buyer, "plan-2")
    pay(paid)  # and the message about it was lost
    assert clear_abandoned(now=NOW + timedelta(minutes=66)) == 1
    abandoned.refresh_from_db()
    paid.refresh_from_db()
    assert (abandoned.state, abandoned.payment.state) == ("expired", "canceled")
    assert (paid.state, paid.subscription) == ("complete", Subscription.objects.get())
    assert books.what_is_broken() == {}


def test_the_same_key_is_the_same_checkout(buyer: Customer) -> None:
    first = start(buyer)
    assert start(buyer).pk == first.pk
    for other in (PlanAsked("team", "month", 1, 4), PlanAsked("team", "year", 1, 3)):
        with pytest.raises(Conflict):
            start(buyer, asked=other)
    with pytest.raises(Conflict):
        start(make.customer())


def test_five_checkouts_of_a_plan_a_day_and_no_more(buyer: Customer) -> None:
    for number in range(5):
        start(buyer, f"plan-{number}")
    with pytest.raises(NotAllowed) as refused:
        start(buyer, "plan-6")
    assert refused.value.code == "too_many_starts"
    assert "on 19 November at 13:32 UTC" in refused.value.sentence
    start(buyer, "plan-7", now=NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (PlanAsked("gold"), "plan_not_sold"),
        (PlanAsked("team", "week"), "plan_not_sold"),
        (PlanAsked("team", "month", 1, 0), "seats_out_of_range"),
        (PlanAsked("team", "month", 1, 10_000_000), "seats_out_of_range"),
        (PlanAsked("free"), "plan_costs_nothing"),
    ],
)
def test_what_is_not_sold_so_is_refused(buyer: Customer, asked: PlanAsked, code: str) -> None:
    make.price(make.tier(slug="free"), unit_amount_minor=0)
    with pytest.raises(InvalidInput) as refused:
        start(buyer, asked=asked)
    assert refused.value.code == code
    assert CheckoutSession.objects.count() == 0


def test_without_a_country_the_sentence_says_what_is_missing() -> None:
    team()
    nowhere = make.customer(country="", currency="EUR")
    with pytest.raises(InvalidInput, match="Country: this customer has none") as refused:
        start(nowhere)
    assert refused.value.field == "country"
    pounds = make.customer(country="GB", currency="GBP")
    with pytest.raises(InvalidInput, match="is sold in EUR, USD, and this customer pays in GBP"):
        start(pounds)
    without = make.customer(country="DE", currency="")
    with pytest.raises(InvalidInput, match="Currency: this customer has none"):
        start(without)
    only = plan_offer_of(customer=without, asked=PlanAsked("team", "year"), now=NOW)
    assert only.total.currency == "EUR"


@pytest.mark.parametrize(
    "change", ["quantity = 9", "price_id = NULL", "customer_id = NULL", "key = 'another'"]
)
def test_the_database_keeps_what_is_being_bought(buyer: Customer, change: str) -> None:
    session = start(buyer)
    with (
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match="is fixed"),
        transaction.atomic(),
    ):
        cursor.execute(f"UPDATE billing_checkoutsession SET {change} WHERE id = %s", [session.pk])


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"kept_at": NOW}, "given_or_kept"),
        ({"fulfilled_at": NOW, "state": "complete"}, "starts_a_subscription"),
    ],
)
def test_the_database_refuses_what_makes_no_sense(buyer: Customer, change: dict, rule: str) -> None:
    session = start(buyer)
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        CheckoutSession.objects.filter(pk=session.pk).update(**change)


def test_a_session_sells_a_package_or_a_plan_and_never_both_or_nothing(buyer: Customer) -> None:
    fields = {
        "mode": "payment", "state": "open", "customer": buyer, "created_at": NOW, "gateway": "sandbox",
    }  # fmt: skip
    price, package = make.price(), make.package_price()
    for number, sold in enumerate(
        [{"key": "k1"}, {"key": "k2", "price": price, "package_price": package}, {"price": price}]
    ):
        with pytest.raises(IntegrityError, match="sells_one_thing"), transaction.atomic():
            CheckoutSession.objects.create(reference=f"CHK-20261118-0000000{number}", **fields, **sold)
