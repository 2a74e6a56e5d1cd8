"""What gateways tell of customers: personal fields in one place, history with hashes only."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from billing.customers.identity import keyed_hash
from billing.customers.services import mention_customers, record_customer
from billing.gateways.facts import CustomerFact, PersonFact
from billing.history.actors import gateway
from billing.models import Customer, HistoryEntry, Identity

STRIPE = gateway("stripe")
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
MIRA = PersonFact(name="Mira Lindqvist", email="mira@halden.example", tax_id="SE556677889901")
FACT = CustomerFact("stripe", "cus_1", NOW, NOW, MIRA, country="SE", currency="SEK")

pytestmark = pytest.mark.django_db


def test_the_same_twice_writes_nothing() -> None:
    record_customer(FACT, actor=STRIPE, now=NOW)
    before = HistoryEntry.objects.count()
    record_customer(replace(FACT, as_of=NOW + timedelta(days=1)), actor=STRIPE, now=NOW)
    assert HistoryEntry.objects.count() == before
    assert Customer.objects.get().audit_rows.count() == 1


def test_a_change_is_kept_as_a_hash_under_the_customers_own_key() -> None:
    customer = record_customer(FACT, actor=STRIPE, now=NOW)
    moved = replace(
        FACT, as_of=NOW + timedelta(days=1), person=replace(MIRA, email="m@halden.example", tax_id=None)
    )
    record_customer(moved, actor=STRIPE, now=NOW)
    key = bytes(customer.identity_key.key)
    entry = HistoryEntry.objects.filter(kind="identity").latest("id")
    assert entry.facts == {"hashes": {"email": keyed_hash(key, "email", "m@halden.example")}}
    assert Identity.objects.get().tax_id == "SE556677889901"


def test_older_news_of_a_person_are_not_heard() -> None:
    record_customer(FACT, actor=STRIPE, now=NOW)
    old = replace(FACT, as_of=NOW - timedelta(days=1), person=PersonFact(name="Mira Berg"))
    record_customer(old, actor=STRIPE, now=NOW)
    assert Identity.objects.get().name == "Mira Lindqvist"


def test_one_that_was_only_named_is_completed_when_it_is_told_of() -> None:
    named = mention_customers("stripe", ["cus_1"], actor=STRIPE, now=NOW)["cus_1"]
    assert named.gateway_as_of is None
    told = record_customer(replace(FACT, created_at=NOW - timedelta(days=9)), actor=STRIPE, now=NOW)
    assert (told.pk, told.reference, told.country) == (named.pk, named.reference, "SE")
    assert told.created_at == NOW - timedelta(days=9)
    assert told.identity.name == "Mira Lindqvist"


def test_a_deleted_one_keeps_what_is_known_of_it() -> None:
    record_customer(FACT, actor=STRIPE, now=NOW)
    gone = CustomerFact("stripe", "cus_1", None, NOW + timedelta(days=1), is_deleted=True)
    customer = record_customer(gone, actor=STRIPE, now=NOW)
    assert customer.deleted_at_gateway_at == NOW + timedelta(days=1)
    assert (customer.country, customer.identity.name) == ("SE", "Mira Lindqvist")
