"""An invoice that was paid past every gateway."""

from datetime import timedelta

import pytest

from billing.errors import Conflict, InvalidInput
from billing.history.actors import person
from billing.invoices.issuing import write_invoices
from billing.invoices.queries import invoices_for_list, open_amount
from billing.models import Payment, PaymentAllocation, Posting
from billing.payments.outside import mark_paid_outside
from tests import make
from tests.billing.invoices.orders import NOW, RUN, buyer, order
from tests.books import what_is_broken

pytestmark = pytest.mark.django_db
RUTH = person(4, "Ruth Adeyemi")
LATER = NOW + timedelta(days=3)


def invoice():
    return write_invoices([order(buyer(), collect="send")], actor=RUN, now=NOW)[0]


def mark(of, **more):
    told = {
        "reference": "ABN 2026-11-20/4711", "paid_on": NOW.date() + timedelta(days=2), "reason": "",
        "now": LATER, "actor": RUTH, "form_key": "form-1",
    }  # fmt: skip
    return mark_paid_outside(invoice_id=of.pk, **(told | more))


def test_it_is_paid_by_a_payment_to_our_bank():
    owed = invoice()
    payment = mark(owed)

    owed.refresh_from_db()
    assert (owed.state, owed.outside_reference) == ("paid", "ABN 2026-11-20/4711")
    assert owed.paid_at.date() == NOW.date() + timedelta(days=2)
    assert (payment.state, payment.captured_minor, payment.gateway) == ("succeeded", 3_509, "")
    assert PaymentAllocation.objects.get().amount_minor == 3_509
    posting = Posting.objects.get(fact="payment.out_of_band")
    assert {x.account: x.amount_minor for x in posting.lines.all()} == {"bank": 3_509, "receivable": -3_509}
    assert open_amount(invoices_for_list().get(pk=owed.pk)).minor == 0
    assert what_is_broken() == {}


def test_the_same_form_marks_once():
    owed = invoice()
    assert mark(owed) == mark(owed)
    assert Payment.objects.count() == 1
    with pytest.raises(Conflict, match="another invoice"):
        mark(invoice())


def test_refusals():
    owed, paid = invoice(), make.invoice(state="paid")
    for more, sentence in (
        ({"reference": " "}, "Reference: enter that of the transfer"),
        ({"paid_on": LATER.date() + timedelta(days=1)}, "a day that has come"),
        ({"form_key": ""}, "form"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            mark(owed, **more)
    for each, sentence in (
        (paid, "nothing is open"),
        (make.invoice(gateway="stripe", gateway_id="in_1", number=None), "issued at the gateway"),
    ):
        with pytest.raises(Conflict, match=sentence):
            mark(each)
    make.payment(owed.customer, state="pending", invoice=owed, is_live=True, idempotency_key="k1")
    with pytest.raises(Conflict, match="under way"):
        mark(owed)
