"""Stripe's objects in our words, for the shapes that its versions gave them, and for what is missing."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing.gateways.errors import GatewayError
from billing.gateways.stripe_objects import (
    catalog,
    credit_notes,
    customers,
    disputes,
    invoices,
    payments,
    subscriptions,
)
from billing.gateways.stripe_objects.reading import Unreadable
from billing.imports.taking import KINDS
from tests.billing.imports.stripe_account import START, Account

SHARED = Path(__file__).parents[4] / "shared" / "data" / "stripe"
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


#: One version has no such objects, or nobody has.
WITHOUT = ("plans", "invoice_payments", "deleted_invoices")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in WITHOUT])
def test_both_versions_say_the_same(kind: str) -> None:
    old, new = (Account(version).whole(7).beside(1) for version in ("old", "new"))
    told = {
        version.version: [KINDS[kind].read(body, NOW) for body in version.objects[kind].values()]
        for version in (old, new)
    }
    if kind == "payment_intents":  # Since 2025-03-31 only the invoice knows.
        assert all(fact.invoice_id for fact in told["old"])
        told["old"] = [fact.__replace__(invoice_id="") for fact in told["old"]]
    assert told["old"] == told["new"]
    assert told["new"]


def test_an_expanded_object_is_as_good_as_its_id() -> None:
    account = Account()
    body = account.intent(1, 500)
    expanded = {**body, "customer": account.customer(1), "payment_method": account.method(1)}
    expanded["latest_charge"] = account.charge(1, 500)
    fact = payments.payment_intent(expanded, NOW)
    assert (fact.customer_id, fact.method_id) == ("cus_0001", "pm_0001")
    assert fact.attempts[0].card_last4 == "4242"


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [(500, "jpy", 500), (1050, "eur", 1050), (12340, "kwd", 12340), (500, "isk", 5)],
)
def test_amounts_are_in_iso_4217_minor_units(amount: int, currency: str, minor: int) -> None:
    fact = payments.payment_intent(Account().intent(1, amount, currency=currency), NOW)
    assert (fact.amount_minor, fact.currency) == (minor, currency.upper())


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({"status": "requires_payment_method", "latest_charge": None}, "pending"),
        ({"status": "requires_payment_method", "last_payment_error": {"code": "card_declined"}}, "failed"),
        ({"status": "requires_source_action"}, "requires_action"),
        ({"status": "processing"}, "pending"),
        ({"status": "requires_capture"}, "authorized"),
        ({"status": "canceled"}, "canceled"),
        ({"status": "succeeded"}, "succeeded"),
    ],
)
def test_states_of_an_intent(more: dict[str, Any], state: str) -> None:
    fact = payments.payment_intent(Account().intent(1, 500, **more), NOW)
    assert fact.state == state
    assert fact.captured_minor == (500 if state == "succeeded" else 0)


@pytest.mark.parametrize(
    ("more", "state", "captured"),
    [
        ({}, "succeeded", 500),
        ({"amount_captured": 300}, "succeeded", 300),
        ({"captured": False}, "authorized", 0),
        ({"captured": False, "refunded": True}, "canceled", 0),
        ({"status": "failed", "paid": False, "outcome": {"reason": "insufficient_funds"}}, "failed", 0),
        ({"status": "pending"}, "pending", 0),
    ],
)
def test_states_of_a_charge(more: dict[str, Any], state: str, captured: int) -> None:
    fact = payments.charge(Account().charge(1, 500, **more), NOW)
    assert (fact.state, fact.captured_minor) == (state, captured)
    assert fact.failure_code == ("insufficient_funds" if state == "failed" else "")


def test_a_charge_without_an_intent_is_a_payment() -> None:
    fact = payments.charge(Account().charge(1, 500, payment_intent=None), NOW)
    assert (fact.gateway_id, fact.by_charge) == ("ch_0001", False)


def test_a_fee_in_another_currency_is_not_the_payments_fee() -> None:
    moved = {"id": "txn_1", "currency": "usd", "amount": 540, "fee": 30}
    assert (
        payments.charge(Account().charge(1, 500, balance_transaction=moved), NOW).attempts[0].fee_minor
        is None
    )
    assert (
        payments.charge(Account().charge(1, 500, balance_transaction="txn_1"), NOW).attempts[0].fee_minor
        is None
    )


@pytest.mark.parametrize(
    ("last4", "kept"), [("4242", "4242"), ("4242424242424242", ""), (4242, ""), ("42a2", ""), (None, "")]
)
def test_never_more_of_a_card_than_four_digits(last4: Any, kept: str) -> None:
    body = Account().method(1)
    body["card"]["last4"] = last4
    fact = customers.payment_method(body, NOW)
    assert fact.last4 == kept
    assert len(fact.fingerprint_hash) == 64
    assert "Fp1" not in repr(fact)
    assert "4242424242424242" not in repr(fact)


def test_the_same_card_has_the_same_hash() -> None:
    one, other = Account().method(1), Account().method(2)
    other["card"]["fingerprint"] = one["card"]["fingerprint"]
    hashes = {customers.payment_method(body, NOW).fingerprint_hash for body in (one, other)}
    assert len(hashes) == 1


@pytest.mark.parametrize("version", ["old", "new"])
def test_tax_inside_a_line_and_discounts_are_off_its_net(version: str) -> None:
    account = Account(version)
    body = account.paid_invoice(1)
    line = body["lines"]["data"][0]
    if version == "new":
        line["taxes"] = [{"amount": 782, "tax_behavior": "inclusive"}]
    else:
        line["tax_amounts"] = [{"amount": 782, "inclusive": True}]
    line["discount_amounts"] = [{"amount": 100, "discount": "di_1"}]
    fact = invoices.invoice(body, NOW).lines[0]
    assert (fact.net_minor, fact.tax_minor) == (4900 - 100 - 782, 782)
    assert fact.unit_amount_minor == Decimal(4900)


def test_an_invoice_of_before_invoices_had_a_status() -> None:
    body = without(Account("old").paid_invoice(1), "status", "status_transitions", "total_tax_amounts")
    paid = invoices.invoice({**body, "paid": True, "due_date": START}, NOW)
    assert (paid.state, paid.finalised_at, paid.tax_minor) == ("paid", moment(START + 1), 931)
    assert paid.due_on == date(2026, 1, 1)
    assert invoices.invoice({**body, "paid": False, "forgiven": True}, NOW).state == "uncollectible"
    assert invoices.invoice({**body, "attempted": True}, NOW).state == "open"
    assert invoices.invoice(body, NOW).state == "draft"


def test_discounts_that_last_for_ever_lower_what_an_item_is_worth() -> None:
    body = Account().subscription(1, quantity=2)
    coupon = {"duration": "forever", "percent_off": 10}
    once = {"duration": "once", "percent_off": 50}
    for discounts in (
        [{"coupon": coupon}, {"coupon": once}],
        [{"source": {"coupon": coupon}}],
        ["di_1", {"coupon": coupon}],
    ):
        assert (
            subscriptions.subscription({**body, "discounts": discounts}, NOW).items[0].discount_minor == 980
        )
    off = {"duration": "forever", "amount_off": 100_000, "currency": "eur"}
    assert (
        subscriptions.subscription({**body, "discount": {"coupon": off}}, NOW).items[0].discount_minor == 9800
    )
    assert subscriptions.subscription({**body, "discounts": ["di_1"]}, NOW).items[0].discount_minor == 0


def test_a_paused_collection_is_a_pause() -> None:
    paused = Account().subscription(1, pause_collection={"behavior": "void"})
    assert subscriptions.subscription(paused, NOW).state == "paused"
    assert subscriptions.subscription({**paused, "status": "trialing"}, NOW).state == "trialing"


def test_a_price_paid_once_is_not_in_the_catalog() -> None:
    price = Account().price("price_1", 100)
    assert catalog.price({**price, "recurring": None, "type": "one_time"}, NOW) is None
    tiered = catalog.price({**price, "unit_amount": None, "unit_amount_decimal": None}, NOW)
    assert tiered is not None
    assert tiered.unit_amount_minor == 0
    fraction = catalog.price({**price, "unit_amount": None, "unit_amount_decimal": "12.5"}, NOW)
    assert fraction is not None
    assert fraction.unit_amount_minor == 13


def test_what_a_dispute_moved_is_told_by_its_movements() -> None:
    fact = disputes.dispute(Account().dispute(1, 700), NOW)
    assert [(f.amount_minor, f.fee_minor) for f in fact.funds] == [(-700, 1500)]
    assert disputes.dispute({**Account().dispute(1, 700), "balance_transactions": None}, NOW).funds == ()
    assert (
        disputes.dispute({**Account().dispute(1, 700), "status": "warning_under_review"}, NOW).state
        == "warning"
    )


def test_a_credit_note_before_and_after_its_parts_were_told() -> None:
    body = Account().credit_note(1, 1000)
    assert credit_notes.credit_note(body, NOW).on_paid_minor == 1190
    assert credit_notes.credit_note({**body, "type": "pre_payment"}, NOW).on_paid_minor == 0
    assert credit_notes.credit_note({**body, "post_payment_amount": 400}, NOW).on_paid_minor == 400


@pytest.mark.parametrize("kind", KINDS)
def test_what_lacks_nearly_everything_is_refused_with_a_sentence_or_read(kind: str) -> None:
    for body in ({}, {"id": "x_1"}, {"id": "x_1", "currency": "eur", "created": "yesterday"}):
        try:
            KINDS[kind].read(body, NOW)
        except (Unreadable, GatewayError) as refusal:
            assert str(refusal).endswith(".")


@pytest.mark.parametrize("kind", KINDS)
@given(data=some.data())
def test_no_missing_or_odd_field_breaks_the_reading(kind: str, data: Any) -> None:
    account = Account(data.draw(some.sampled_from(["old", "new"]))).whole(7).beside(1)
    body = dict(data.draw(some.sampled_from(list(account.objects[kind].values()) or [{"id": "x"}])))
    odd = some.sampled_from([None, "", [], {}, "odd", [None], {"data": None}, True])
    for name in data.draw(some.lists(some.sampled_from(sorted(body)), max_size=4)):
        if name != "id":
            body[name] = data.draw(odd)
    try:
        KINDS[kind].read(body, NOW)
    except (Unreadable, GatewayError) as refusal:
        assert str(refusal).endswith(".")


RESOURCES = {
    "customers": "customer",
    "payment_methods": "payment_method",
    "products": "product",
    "prices": "price",
    "plans": "plan",
    "subscriptions": "subscription",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "invoices": "invoice",
    "refunds": "refund",
    "disputes": "dispute",
    "credit_notes": "credit_note",
    "early_fraud_warnings": "radar.early_fraud_warning",
    "checkout_sessions": "checkout.session",
    "payouts": "payout",
}


@pytest.mark.skipif(not SHARED.exists(), reason="the recorded objects are not here")
@pytest.mark.parametrize("kind", sorted(set(RESOURCES) - {"plans"}))
def test_an_example_of_each_resource_is_read(kind: str) -> None:
    body = json.loads((SHARED / "fixtures3.json").read_text())["resources"][RESOURCES[kind]]
    fact = KINDS[kind].read(body, NOW)
    assert fact.gateway_id == body["id"]


@pytest.mark.skipif(not SHARED.exists(), reason="the recorded events are not here")
def test_the_objects_inside_recorded_events_are_read() -> None:
    nouns = {noun: kind for kind, noun in RESOURCES.items()}
    read = 0
    for path in sorted((SHARED / "events").glob("*.json")):
        body = json.loads(path.read_text())["data"]["object"]
        kind = nouns.get(body["object"])
        if kind is None or not body.get("id"):
            continue
        assert KINDS[kind].read(body, NOW) is not None, path.name
        read += 1
    assert read >= 10
