"""Cards that expire: who is told and how often; and what a new card does for what is still owed."""

from datetime import UTC, datetime

import pytest

from billing.gateways.facts import MethodFact
from billing.history.actors import gateway
from billing.models import Message
from billing.payments.expiring import expiring_cards, warn_of_expiry
from billing.payments.services import record_methods
from tests import make
from tests.billing.payments.tills import NOW, a_card, an_invoice, charge, due

STRIPE = gateway("stripe")


def a_payer(month: int, year: int = 2026, **more: object) -> object:
    customer = make.customer(email="ines.duarte@halden.test", locale="en")
    make.subscription(customer, **more)
    return a_card(customer, exp_month=month, exp_year=year)


@pytest.mark.django_db
class TestWarnings:
    def test_once_for_each_card_and_month(self):
        soon, this = a_payer(12), a_payer(11)
        a_payer(1, 2027)
        a_payer(10)
        assert set(expiring_cards(NOW.date())) == {soon, this}
        assert warn_of_expiry(now=NOW) == 2
        assert warn_of_expiry(now=NOW) == 0
        assert warn_of_expiry(now=datetime(2026, 12, 1, 6, tzinfo=UTC)) == 2, "December's, and January's now"
        told = Message.objects.filter(customer=soon.customer).order_by("created_at")
        assert [each.kind for each in told] == ["card_expiring"] * 2
        assert told[0].text.subject == "Your card Visa ···· 4242 expires in 12/2026"

    def test_the_year_turns(self):
        january = a_payer(1, 2027)
        assert list(expiring_cards(datetime(2026, 12, 31, tzinfo=UTC).date())) == [january]

    def test_nobody_is_told_of_a_card_that_is_not_charged(self):
        ended = a_payer(12, state="canceled")
        theirs = a_payer(12, collected_by="gateway")
        spare = a_payer(12)
        a_card(spare.customer, exp_year=2029)
        spare.is_default = False
        spare.save()
        gone = a_payer(12)
        gone.detached_at = NOW
        gone.save()
        found = set(expiring_cards(NOW.date()))
        assert not found & {ended, theirs, spare, gone}


@pytest.mark.django_db(transaction=True)
def test_a_new_card_is_charged_at_once_for_what_the_old_one_could_not_pay():
    invoice = due("0069")
    charge(invoice)
    untouched = an_invoice(invoice.customer, due=None)
    invoice.refresh_from_db()
    assert invoice.collect_at is None
    fact = MethodFact(
        gateway="sandbox", gateway_id="sbx_pm_new_4242", customer_id=invoice.customer.gateway_id, kind="card",
        created_at=NOW, as_of=NOW, brand="visa", last4="4242", exp_month=1, exp_year=2031,
    )  # fmt: skip
    record_methods([fact], actor=gateway("sandbox"), now=NOW)
    invoice.refresh_from_db()
    untouched.refresh_from_db()
    assert (invoice.collect_at, untouched.collect_at) == (NOW, None)
