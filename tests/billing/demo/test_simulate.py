"""Halden comes out the same for the same seed and day, and shows every state there is."""

from datetime import date, timedelta

import pytest

from billing.demo.simulate import simulate
from billing.models import MACHINES
from tests.billing.demo.halden import PEOPLE, TODAY, small


@pytest.fixture(scope="module")
def book():
    return small(customers=400)


def test_same_seed_same_book():
    assert small(customers=60).digest() == small(customers=60).digest()


def test_another_seed_or_day_is_another_book():
    first = small(customers=60).digest()
    assert small(customers=60, seed=2).digest() != first
    later = simulate(customers=60, seed=1, today=TODAY + timedelta(days=1), people=PEOPLE)
    assert later.digest() != first


#: A worker at it, for a moment: nothing that a book at rest can hold.
MOMENTARY = {"webhook": {"processing"}}


@pytest.mark.parametrize(
    "kind",
    [
        "commitment",
        "dispute",
        "invoice",
        "payment",
        "refund",
        "subscription",
        "trialstart",
        "webhook",
    ],
)
def test_every_state_of_every_machine_can_be_looked_at(book, kind):
    machine = next(m for m in MACHINES if m.name == kind)
    table = "webhookevent" if kind == "webhook" else kind
    shown = {row["state"] for row in book.rows[table]}
    assert machine.states - shown - MOMENTARY.get(kind, set()) == set()


def test_nothing_lies_after_the_end(book):
    for table in ("historyentry", "payment", "invoice", "refund", "posting", "customernote", "webhookevent"):
        for row in book.rows[table]:
            moment = row.get("at") or row.get("created_at") or row.get("posted_at") or row.get("received_at")
            assert moment < book.now, table


def test_every_address_is_made_up(book):
    assert all(row["email"].endswith(".example") for row in book.rows["identity"])
    assert len({row["name"] for row in book.rows["identity"]}) > 300


def test_twenty_countries_three_currencies_and_an_older_price(book):
    wide = small(seed=3, customers=900)
    assert len({row["country"] for row in wide.rows["customer"]}) == 20
    assert {row["currency"] for row in wide.rows["customer"]} == {"EUR", "USD", "GBP"}
    old = {row["id"] for row in wide.rows["price"] if not row["is_active"]}
    active = {row["id"] for row in wide.rows["subscription"] if row["state"] == "active"}
    assert any(i["price_id"] in old for i in wide.rows["subscriptionitem"] if i["subscription_id"] in active)


def test_no_payment_claims_to_be_of_a_real_gateway(book):
    assert {row.get("gateway", "") for row in book.rows["payment"]} <= {"", "sandbox"}


def test_nobody_decides_what_they_asked_for(book):
    asked = {row["id"]: row["asked_by_ref"] for row in book.rows["refund"]}
    for entry in book.rows["historyentry"]:
        decided = entry["from_state"] == "pending_approval" and entry["to_state"] in ("approved", "rejected")
        if entry["subject_kind"] == "refund" and decided:
            assert entry["actor_ref"] != asked[entry["subject_id"]]


def test_vat_follows_the_day_and_the_buyer(book):
    treatments = {row["treatment"] for row in book.rows["invoice"]}
    assert treatments == {"standard", "oss", "reverse_charge", "export"}
    for row in book.rows["invoice"]:
        assert row["tax_minor"] == 0 or row["treatment"] in ("standard", "oss")
        assert row["tax_why"]


@pytest.mark.parametrize(("customers", "people"), [(0, PEOPLE), (10, PEOPLE[:1])])
def test_refuses_a_company_of_nobody(customers, people):
    with pytest.raises(ValueError, match="at least one customer and two people"):
        simulate(customers=customers, seed=1, today=TODAY, people=people)


def test_numbers_follow_the_dates_of_issue(book):
    for table, day in (("invoice", "finalised_at"), ("creditnote", "issued_at")):
        numbered = sorted((row["number"], row[day]) for row in book.rows[table] if row.get("number"))
        assert [at for _, at in numbered] == sorted(at for _, at in numbered)


@pytest.mark.parametrize("day", range(0, 84, 7))
def test_any_day_can_be_today(day):
    assert simulate(customers=400, seed=day + 1, today=TODAY + timedelta(days=day), people=PEOPLE).rows


def test_the_desk_opens_with_the_usual_book():
    usual = simulate(customers=2_000, seed=1, today=date(2026, 11, 21), people=PEOPLE)
    assert len(usual.rows["customer"]) >= 2_000
