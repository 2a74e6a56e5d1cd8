"""Refunding a payment from the desk: the form, what it tells, and doing it once."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import HistoryEntry, Payment, Refund
from tests import make
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "dialog"}
EFFECTS = {"HX-Request": "true", "HX-Target": "effects"}


@pytest.fixture
def payment() -> Payment:
    return make.payment(amount_minor=9900, currency="EUR", state="succeeded")


@pytest.fixture
def jude(client: Client) -> Iterator[Client]:
    client.force_login(member_in("support"))
    yield client


def address(payment: Payment) -> str:
    return reverse("refunds:new", args=[payment.reference])


def filled(client: Client, payment: Payment, **changes: str) -> dict[str, str]:
    page = client.get(address(payment)).content.decode()
    key = re.search(r'name="form_key" value="([^"]+)"', page)
    assert key is not None
    return {"form_key": key[1], "amount": "84.30", "reason": "goodwill", "note_internal": "", **changes}


def test_the_form_fills_in_what_is_left_and_says_why(jude: Client, payment: Payment) -> None:
    make.refund(payment, amount_minor=1470, state="succeeded")
    page = jude.get(address(payment)).content.decode()
    assert 'value="84.30"' in page
    assert "because" in page
    assert "14.70 EUR went back or is held as" in page


def test_a_refund_is_promised_and_leads_to_its_page(jude: Client, payment: Payment) -> None:
    answer = jude.post(address(payment), filled(jude, payment))
    refund = Refund.objects.get()
    assert answer.status_code == 302
    assert (refund.amount_minor, refund.currency, refund.reason, refund.state) == (
        8430,
        "EUR",
        "goodwill",
        "approved",
    )
    assert refund.asked_by_name == "Jude Okafor"
    shown = jude.get(reverse("refunds:show", args=[refund.reference])).content.decode()
    assert "84.30" in shown
    assert "Jude Okafor" in shown


def test_in_a_dialog_the_answer_sends_the_browser_to_the_refund(jude: Client, payment: Payment) -> None:
    answer = jude.post(address(payment), filled(jude, payment), headers=HTMX)
    assert answer.headers["HX-Redirect"] == reverse("refunds:show", args=[Refund.objects.get().reference])


def test_the_same_form_sent_twice_makes_one_refund(jude: Client, payment: Payment) -> None:
    form = filled(jude, payment, amount="30")
    assert jude.post(address(payment), form).status_code == 302
    assert jude.post(address(payment), form).status_code == 302
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount": ""}, "Enter an amount in EUR"),
        ({"amount": "0"}, "zero"),
        ({"amount": "-5"}, "minus"),
        ({"amount": "9.999"}, "decimal"),
        ({"amount": "99.01"}, "more than the 99.00 EUR that can still be refunded"),
        ({"amount": "2,000,000.00"}, "Amount"),
        ({"amount": "10 USD"}, "EUR"),
        ({"amount": "ten"}, "Amount"),
        ({"reason": ""}, "Reason: choose one from the list."),
        ({"reason": "because"}, "choice"),
        ({"reason": "other"}, "say here what it is"),
        ({"note_internal": "x" * 10_001}, "10"),
        ({"form_key": ""}, "sent without its key"),
    ],
)
def test_bad_input_gets_a_sentence_and_loses_nothing(
    jude: Client, payment: Payment, changes: dict[str, str], sentence: str
) -> None:
    form = filled(jude, payment, note_to_customer="Sorry about the trouble.", **changes)
    answer = jude.post(address(payment), form, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "Sorry about the trouble." in page
    assert not Refund.objects.exists()


def test_what_will_happen_follows_the_form_and_writes_nothing(jude: Client, payment: Payment) -> None:
    form = filled(jude, payment, amount="12.50", note_to_customer="Sorry.")
    told = jude.post(address(payment), form, headers=EFFECTS).content.decode()
    assert "12.50 EUR goes back to" in told
    assert "86.50 EUR can still be refunded after this" in told
    assert "Refund 12.50 EUR" in told
    assert "The customer sees your note" in told
    too_much = jude.post(address(payment), form | {"amount": "100"}, headers=EFFECTS).content.decode()
    assert "more than the 99.00 EUR" in too_much
    assert not Refund.objects.exists()


@pytest.mark.parametrize("state", ["failed", "pending", "unknown", "canceled", "reversed"])
def test_a_payment_that_cannot_be_refunded_says_why(jude: Client, state: str) -> None:
    payment = make.payment(state=state, captured_minor=0)
    page = jude.get(address(payment)).content.decode()
    assert "cannot be refunded" in page
    answer = jude.post(address(payment), filled(jude, payment, amount="1"))
    assert answer.status_code == 422
    assert not Refund.objects.exists()


def test_the_auditor_may_look_and_not_refund(client: Client, payment: Payment) -> None:
    client.force_login(member_in("auditor"))
    shown = client.get(reverse("payments:show", args=[payment.reference])).content.decode()
    assert "Your role may not do this" in shown
    assert client.get(address(payment)).status_code == 403
    assert client.post(address(payment), {"amount": "1"}).status_code == 403
    assert not Refund.objects.exists()


def test_a_refund_that_was_not_sent_is_withdrawn_with_a_reason(jude: Client, payment: Payment) -> None:
    jude.post(address(payment), filled(jude, payment))
    refund = Refund.objects.get()
    url = reverse("refunds:withdraw", args=[refund.reference])
    key = re.search(r'name="form_key" value="([^"]+)"', jude.get(url).content.decode())
    assert key is not None
    assert jude.post(url, {"form_key": key[1], "reason": ""}).status_code == 422
    assert jude.post(url, {"form_key": key[1], "reason": "Wrong customer."}).status_code == 302
    refund.refresh_from_db()
    assert refund.state == "withdrawn"
    told = HistoryEntry.objects.filter(subject_kind="refund", to_state="withdrawn").get()
    assert (told.actor_name, told.reason) == ("Jude Okafor", "Wrong customer.")


def test_an_external_refund_is_seen_by_finance_only(client: Client, payment: Payment) -> None:
    refund = make.refund(payment, origin="gateway", state="succeeded", amount_minor=500)
    url = reverse("refunds:seen", args=[refund.reference])
    client.force_login(member_in("support"))
    assert client.get(url).status_code == 403
    client.force_login(member_in("finance"))
    key = re.search(r'name="form_key" value="([^"]+)"', client.get(url).content.decode())
    assert key is not None
    assert client.post(url, {"form_key": key[1]}).status_code == 302
    refund.refresh_from_db()
    assert refund.seen_by_name == "Ines Marchetti"


def test_choosing_a_payment_shows_what_is_left_of_each(jude: Client, payment: Payment) -> None:
    make.refund(payment, amount_minor=9900, state="succeeded")
    other = make.payment(payment.customer, amount_minor=5000, state="succeeded")
    page = jude.get(reverse("refunds:choose"), {"customer": payment.customer.reference}).content.decode()
    assert other.reference.rsplit("-", 1)[1] in page
    assert "Not refundable" in page
    assert reverse("refunds:new", args=[other.reference]) in page
    assert reverse("refunds:new", args=[payment.reference]) not in page
