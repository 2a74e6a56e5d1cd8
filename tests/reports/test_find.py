"""What a text typed at the desk finds, and what it costs."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.models import (
    Customer,
    Identity,
    Invoice,
    Payment,
    PaymentAttempt,
    PaymentMethod,
    Refund,
    Subscription,
    WebhookEvent,
)
from reports.search import find

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 14, 9, tzinfo=UTC)


@pytest.fixture
def book() -> Payment:
    customer = Customer.objects.create(
        reference="CUS-7K2M9QPA", created_at=NOW, gateway="stripe", gateway_id="cus_NffrFeUfNV2Hib"
    )
    Identity.objects.create(
        customer=customer, name="Brückner Feinmechanik GmbH", email="buchhaltung@brueckner-fm.example"
    )
    Subscription.objects.create(
        reference="SUB-00000001",
        customer=customer,
        state="active",
        collected_by="us",
        currency="EUR",
        anchor_at=NOW,
        created_at=NOW,
    )
    PaymentMethod.objects.create(customer=customer, kind="card", brand="visa", last4="4242", created_at=NOW)
    payment = Payment.objects.create(
        reference="PAY-20261116-4XN7TQ2B",
        customer=customer,
        state="succeeded",
        currency="EUR",
        amount_minor=128430,
        captured_minor=128430,
        card_brand="visa",
        card_last4="4242",
        created_at=NOW - timedelta(days=2),
        gateway="stripe",
        gateway_id="pi_3MtwBwLkdIwHu7ix28a3tqPa",
    )
    PaymentAttempt.objects.create(
        payment=payment,
        at=NOW,
        state="succeeded",
        amount_minor=128430,
        gateway="stripe",
        gateway_id="ch_3MmlLrLkdIwHu7ix0snN0B15",
    )
    Refund.objects.create(
        reference="REF-20261118-7K2M9QPA",
        payment=payment,
        customer=customer,
        state="approved",
        origin="desk",
        reason="duplicate",
        currency="EUR",
        amount_minor=128430,
        created_at=NOW,
        asked_by_ref="staff:1",
        asked_by_name="Jude Okafor",
    )
    Invoice.objects.create(
        reference="INV-20261101-4XN7TQ2B",
        number="INV-2026-004182",
        customer=customer,
        state="paid",
        currency="EUR",
        net_minor=107924,
        tax_minor=20506,
        total_minor=128430,
        created_at=NOW,
        finalised_at=NOW,
    )
    WebhookEvent.objects.create(
        source="stripe",
        event_id="evt_1NG8Du2eZvKYlo2CUI79vXWy",
        type="charge.refunded",
        object_id="pi_3MtwBwLkdIwHu7ix28a3tqPa",
        happened_at=NOW,
        received_at=NOW,
    )
    return payment


def found(text: str, allowed: frozenset[str] | None = None) -> dict[str, list[str]]:
    groups = find(text, lambda permission: allowed is None or permission in allowed)
    return {group.label: [hit.key for hit in group.hits] for group in groups}


PAYMENT, CUSTOMER, REFUND = "PAY-20261116-4XN7TQ2B", "CUS-7K2M9QPA", "REF-20261118-7K2M9QPA"
INVOICE = "INV-20261101-4XN7TQ2B"


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("REF-20261118-7K2M9QPA", {"Refunds": [REFUND]}),
        ("ref-20261118-7k2m9qpa", {"Refunds": [REFUND]}),
        ("7K2M9QPA", {"Customers": [CUSTOMER], "Refunds": [REFUND]}),
        ("4xn7tq2b", {"Payments": [PAYMENT]}),
        ("cus_NffrFeUfNV2Hib", {"Customers": [CUSTOMER]}),
        ("ch_3MmlLrLkdIwHu7ix0snN0B15", {"Payments": [PAYMENT]}),
        ("pi_3MtwBwLkdIwHu7ix28a3tqPa", {"Payments": [PAYMENT], "Webhook events": None}),
        ("evt_1NG8Du2eZvKYlo2CUI79vXWy", {"Webhook events": None}),
        ("inv 2026-00418", {"Invoices": [INVOICE]}),
        ("INV-2026-004182", {"Invoices": [INVOICE]}),
        ("card 4242", {"Payments": [PAYMENT], "Customers with this card": [CUSTOMER]}),
        ("4242 4242 4242 4242", {"Payments": [PAYMENT], "Customers with this card": [CUSTOMER]}),
        ("Buchhaltung@Brueckner-FM.example", {"Customers": [CUSTOMER]}),
        ("brück", {"Customers": [CUSTOMER]}),
        ("gmbh fein", {"Customers": [CUSTOMER]}),
        ("1,284.30", {"Payments": [PAYMENT], "Refunds": [REFUND], "Invoices": [INVOICE]}),
        ("1284.30 EUR", {"Payments": [PAYMENT], "Refunds": [REFUND], "Invoices": [INVOICE]}),
        ("1284.30 USD", {}),
        ("Kestrel", {}),
        ("", {}),
        ("'; drop table & | ! :*", {}),
    ],
)
def test_a_text_finds_what_it_names(book: Payment, text: str, hits: dict[str, list[str] | None]) -> None:
    there = found(text)
    assert there.keys() == hits.keys()
    for label, keys in hits.items():
        assert keys is None or there[label] == keys


def test_who_is_called_just_so_comes_before_newer_ones_whose_names_begin_so() -> None:
    for number, name in enumerate(["Ann Holm", *["Anna Holmberg"] * 7]):
        at = NOW + timedelta(minutes=number)
        customer = Customer.objects.create(reference=f"CUS-0000000{number}", created_at=at)
        Identity.objects.create(customer=customer, name=name, email=f"{number}@example.com")
    (people,) = find("ann holm", lambda permission: True)
    assert [hit.title for hit in people.hits] == ["Ann Holm", *["Anna Holmberg"] * 5]


def test_only_what_the_person_may_see_is_found(book: Payment) -> None:
    assert found("card 4242", frozenset({"payments.view"})).keys() == {"Payments"}


def test_a_customer_shows_the_state_of_the_subscription_that_runs(book: Payment) -> None:
    (group,) = find("brückner", lambda _: True)
    assert (group.hits[0].machine, group.hits[0].state) == ("subscription", "active")


@pytest.mark.parametrize(
    "text", ["brück", "card 4242", "1,284.30", "7K2M9QPA", "pi_3MtwBwLkdIwHu7ix28a3tqPa"]
)
def test_a_search_costs_the_same_with_many_rows(book: Payment, text: str, django_assert_num_queries) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        find(text, lambda _: True)
    for n in range(60):
        customer = Customer.objects.create(reference=f"CUS-{n:08}", created_at=NOW)
        Identity.objects.create(customer=customer, name=f"Brückner {n}")
        Payment.objects.create(
            reference=f"PAY-20261101-{n:08}",
            customer=customer,
            state="succeeded",
            currency="EUR",
            amount_minor=128430,
            card_last4="4242",
            created_at=NOW,
        )
    with django_assert_num_queries(len(few)):
        groups = find(text, lambda _: True)
    assert all(len(group.hits) <= 6 for group in groups)
