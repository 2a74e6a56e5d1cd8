"""A customer's page: figures, cards, story, who may do what, and what it costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.history.actors import person, system
from billing.history.services import record
from billing.models import Customer, Identity, IdentityKey, MrrMovement
from tests import make

pytestmark = pytest.mark.django_db


def page(desk: Client, customer: Customer, query: str = "") -> str:
    answer = desk.get(f"/customers/{customer.reference}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_says_what_decides(desk: Client, customer: Customer) -> None:
    Identity.objects.filter(customer=customer).update(city="Stuttgart", tax_id="DE811907980")
    make.subscription(customer)
    make.refund(make.payment(customer), amount_minor=1470)
    make.invoice(customer)
    text = page(desk, customer)
    for said in (
        "Stuttgart, Germany",
        "VAT DE811907980",
        "84.30",
        "Pro, monthly",
        "Open invoices",
        "Customer since",
    ):
        assert said in text


def test_currencies_stand_beside_each_other_and_are_not_added(desk: Client, customer: Customer) -> None:
    make.payment(customer, amount_minor=9900)
    make.payment(customer, amount_minor=2500, currency="USD")
    lifetime = page(desk, customer).split("Lifetime, net</dt>", 1)[1].split("</dd>", 1)[0]
    assert "99.00" in lifetime
    assert "25.00" in lifetime
    assert "124.00" not in lifetime


def test_what_a_gateway_only_mentioned_has_unknown_figures(desk: Client) -> None:
    made = Customer.objects.create(
        reference="CUS-7K2M9QPA", gateway="stripe", gateway_id="cus_1", created_at=make.NOW
    )
    IdentityKey.objects.create(customer=made, key=b"k" * 32)
    text = page(desk, made)
    assert "unknown" in text
    assert "0.00" not in text
    assert "has not told more yet" in text


def test_an_erased_customer_keeps_their_page(desk: Client, customer: Customer) -> None:
    make.payment(customer)
    Identity.objects.filter(customer=customer).delete()
    IdentityKey.objects.filter(customer=customer).delete()
    text = page(desk, customer)
    assert "was erased" in text
    assert "Brückner" not in text
    assert desk.get(f"/customers/{customer.reference}/preview/").status_code == 200


def test_a_card_that_runs_out_is_warned_of(desk: Client, customer: Customer) -> None:
    today = timezone.localdate()
    past = today.replace(day=1) - timedelta(days=1)
    make.method(customer, exp_month=past.month, exp_year=past.year)
    make.method(customer, exp_month=today.month, exp_year=today.year)
    make.method(customer, exp_month=12, exp_year=today.year + 5, detached_at=make.NOW, last4="1881")
    text = page(desk, customer)
    assert "Expired" in text
    assert "Expires this month" in text
    assert "1881" not in text


def test_the_story_says_who_and_why_and_opens_what_it_is_about(desk: Client, customer: Customer) -> None:
    payment = make.payment(customer)
    record(
        payment,
        "state",
        actor=person(1, "Ines Marchetti"),
        now=make.NOW,
        to_state="failed",
        reason="The card has expired.",
    )
    record(customer, "tagged", actor=person(1, "Tove Ahlgren"), now=make.NOW, added=["vip"], removed=[])
    text = page(desk, customer).split('id="story"', 1)[1]
    assert "Ines Marchetti" in text
    assert "The card has expired." in text
    assert f"/payments/{payment.reference}/" in text
    assert "Tagged vip" in text


def test_earlier_entries_are_reached_and_none_is_told_twice(desk: Client, customer: Customer) -> None:
    for place in range(70):
        at = make.NOW + timedelta(seconds=place // 3)
        record(customer, "note", actor=system("test"), now=at, reason=f"Entry {place:02}.")
    text = page(desk, customer)
    assert "Earlier: 58 entries" in text
    seen = {f"Entry {place:02}." for place in range(70) if f"Entry {place:02}." in text}
    address = text.split('href="/customers/' + customer.reference + "/story/?before=", 1)[1].split('"', 1)[0]
    while address:
        told = desk.get(f"/customers/{customer.reference}/story/?before={address}").content.decode()
        found = {f"Entry {place:02}." for place in range(70) if f"Entry {place:02}." in told}
        assert not found & seen
        seen |= found
        address = told.split("story/?before=", 1)[1].split('"', 1)[0] if "story/?before=" in told else ""
    assert len(seen) == 70


def test_a_place_in_somebody_elses_story_gives_the_newest(desk: Client, customer: Customer) -> None:
    other = make.customer("Okafor Analytics Inc.")
    entry = record(other, "note", actor=system("test"), now=make.NOW, reason="Not yours.")
    told = desk.get(f"/customers/{customer.reference}/story/?before={entry.pk}")
    assert told.status_code == 200
    assert "Not yours." not in told.content.decode()
    assert desk.get(f"/customers/{customer.reference}/story/?before=x'--").status_code == 200


def test_refusal_says_why_nothing_can_be_refunded(desk: Client, customer: Customer) -> None:
    assert "No payment of this customer has brought money" in page(desk, customer)
    make.payment(customer)
    assert f"/refunds/choose/?customer={customer.reference}" in page(desk, customer)


def test_an_auditor_reads_and_is_told_who_may_write(auditor: Client, customer: Customer) -> None:
    text = page(auditor, customer)
    assert "Your role may not do this" in text
    assert 'name="body"' not in text
    assert auditor.get(f"/customers/{customer.reference}/note/").status_code == 403
    assert auditor.post(f"/customers/{customer.reference}/tags/", {"add": "vip"}).status_code == 403
    customer.refresh_from_db()
    assert customer.tags == []


def test_nobody_without_a_session_sees_it(customer: Customer) -> None:
    for address in ("", "story/", "note/", "tags/", "preview/"):
        assert Client().get(f"/customers/{customer.reference}/{address}").status_code == 302


def test_one_who_is_not_there_is_not_found(desk: Client) -> None:
    assert desk.get("/customers/CUS-00000000/").status_code == 404


def test_three_and_sixty_of_everything_cost_the_same(desk: Client, customer: Customer) -> None:
    def some(number: int) -> None:
        make.subscription(customer)
        make.method(customer)
        for payment in make.payments(number, customer):
            make.allocation(payment, make.invoice(customer, state="open"))
            make.refund(payment)
            for about in (payment, customer):
                record(about, "note", actor=system("test"), now=make.NOW, reason="Said.")
        MrrMovement.objects.create(
            customer=customer,
            day=make.NOW.date(),
            at=make.NOW,
            currency="EUR",
            kind="new",
            amount_minor=100,
            cause=f"test:{make.serial()}",
        )

    def queries(query: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            page(desk, customer, query)
        return len(captured)

    for _ in range(15):  # more than the story's first page holds, so that the rest is counted both times
        record(customer, "note", actor=system("test"), now=make.NOW, reason="Said.")
    some(3)
    queries("")
    few, notes, seen = queries(""), queries("?tab=notes"), queries("preview/")
    some(57)
    assert (queries(""), queries("?tab=notes"), queries("preview/")) == (few, notes, seen)


def test_the_customer_sees_their_own_notation_and_nothing_of_ours(desk: Client) -> None:
    customer = make.customer(locale="de-DE")
    make.subscription(customer)
    payment = make.payment(customer, amount_minor=128_430)
    make.refund(
        payment,
        amount_minor=1470,
        note_internal="Herr Brückner is difficult.",
        note_to_customer="Sorry for charging twice.",
        asked_by_name="Ines Marchetti",
    )
    make.refund(payment, amount_minor=300, state="rejected", note_to_customer="Never shown.")
    make.invoice(customer)
    desk.post(f"/customers/{customer.reference}/note/", {"body": "A note for us."})
    text = page(desk, customer, "preview/")
    main = text.split("<article", 1)[1].split("</article>", 1)[0]
    assert "1.284,30\xa0€" in main
    assert "18.11.2026" in main
    assert "Sorry for charging twice." in main
    assert "···· 4242" in main
    for ours in ("difficult", "Ines Marchetti", "A note for us", "Never shown", "<form", "<button", "<input"):
        assert ours not in main
