"""Stripe's objects in our words, from every version that wrote them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from billing.gateways.stripe_objects.checkouts import checkout_session
from billing.gateways.stripe_objects.customers import payment_method
from billing.gateways.stripe_objects.disputes import early_fraud_warning
from billing.gateways.stripe_objects.payments import charge
from billing.gateways.stripe_objects.payouts import payout
from billing.gateways.stripe_objects.reading import Unreadable
from billing.gateways.stripe_objects.subscriptions import subscription

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
AT = 1_795_000_000
PAYOUT: dict[str, Any] = {
    "id": "po_1",
    "object": "payout",
    "amount": 97_260,
    "currency": "eur",
    "created": AT,
    "arrival_date": AT + 172_800,
    "automatic": True,
    "method": "standard",
    "status": "in_transit",
    "reconciliation_status": "in_progress",
    "destination": "ba_1",
}
SESSION: dict[str, Any] = {
    "id": "cs_test_1",
    "object": "checkout.session",
    "created": AT,
    "expires_at": AT + 86_400,
    "mode": "subscription",
    "status": "complete",
    "payment_status": "paid",
    "amount_total": 5831,
    "currency": "eur",
    "customer": "cus_1",
    "subscription": {"id": "sub_1"},
    "payment_intent": None,
}


def test_a_payout() -> None:
    fact = payout(PAYOUT, NOW)
    assert fact is not None
    assert (fact.state, fact.amount_minor, fact.currency) == ("in_transit", 97_260, "EUR")
    assert (fact.arrival_on, fact.is_automatic, fact.is_instant) == (date(2026, 11, 20), True, False)
    done = payout({**PAYOUT, "reconciliation_status": "completed", "method": "instant"}, NOW)
    assert done is not None
    assert (done.is_reconciled, done.is_instant) == (True, True)


def test_a_payout_of_a_currency_without_cents_and_one_below_zero() -> None:
    yen = payout({**PAYOUT, "currency": "jpy", "amount": 14_800}, NOW)
    assert yen is not None
    assert (yen.amount_minor, yen.currency) == (14_800, "JPY")
    taken = payout({**PAYOUT, "amount": -1200}, NOW)
    assert taken is not None
    assert taken.amount_minor == -1200


def test_a_payout_that_failed_says_why_without_the_account_number() -> None:
    said = "The account DE89370400440532013000 has been closed."
    fact = payout(
        {**PAYOUT, "status": "failed", "failure_code": "account_closed", "failure_message": said}, NOW
    )
    assert fact is not None
    assert fact.failure_code == "account_closed"
    assert "DE89370400440532013000" not in fact.failure_message


def test_a_transfer_was_a_payout_while_it_had_a_state() -> None:
    old = {"id": "tr_1", "object": "transfer", "amount": 100, "currency": "usd", "date": AT, "status": "paid"}
    fact = payout(old, NOW)
    assert fact is not None
    assert (fact.state, fact.arrival_on) == ("paid", date(2026, 11, 18))
    assert payout({**old, "status": None}, NOW) is None


def test_a_payout_in_an_unknown_state_names_itself() -> None:
    with pytest.raises(Unreadable, match="po_1 is lost_at_sea"):
        payout({**PAYOUT, "status": "lost_at_sea"}, NOW)


def test_a_session_names_what_came_of_it() -> None:
    fact = checkout_session(SESSION, NOW)
    assert (fact.mode, fact.state, fact.payment_state) == ("subscription", "complete", "paid")
    assert (fact.subscription_id, fact.payment_id, fact.customer_id) == ("sub_1", "", "cus_1")
    assert (fact.amount_minor, fact.currency) == (5831, "EUR")


@pytest.mark.parametrize(
    ("more", "mode", "state"),
    [
        ({"status": None, "mode": None}, "subscription", "complete"),
        ({"status": None, "mode": None, "subscription": None}, "payment", "complete"),
        ({"status": None, "subscription": None, "payment_status": "unpaid"}, "subscription", "open"),
        (
            {"status": None, "subscription": None, "payment_status": None, "expires_at": AT - 86_400},
            "subscription",
            "expired",
        ),
        ({"status": "expired"}, "subscription", "expired"),
        ({"mode": None, "subscription": None, "setup_intent": "seti_1"}, "setup", "complete"),
    ],
)
def test_a_session_of_before_it_said_its_mode_or_state(more: dict[str, Any], mode: str, state: str) -> None:
    fact = checkout_session({**SESSION, **more}, datetime.fromtimestamp(AT, UTC))
    assert (fact.mode, fact.state) == (mode, state)


def test_a_session_in_which_nothing_was_chosen() -> None:
    fact = checkout_session({**SESSION, "amount_total": None, "currency": None, "status": "open"}, NOW)
    assert (fact.amount_minor, fact.currency) == (None, "")


def test_an_early_warning() -> None:
    body = {
        "id": "issfr_1",
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": "ch_1",
        "created": AT,
        "fraud_type": "made_with_lost_card",
        "payment_intent": "pi_1",
    }
    fact = early_fraud_warning(body, NOW)
    assert (fact.state, fact.reason, fact.is_early_warning) == ("warning", "made_with_lost_card", True)
    assert (fact.payment_gateway_id, fact.charge_gateway_id) == ("pi_1", "ch_1")
    assert early_fraud_warning({**body, "actionable": False}, NOW).state == "warning_closed"
    with pytest.raises(Unreadable, match="names no charge"):
        early_fraud_warning({"id": "issfr_1"}, NOW)


@pytest.mark.parametrize(
    ("body", "kind", "last4"),
    [
        ({"object": "card", "brand": "Visa", "last4": "4242"}, "card", "4242"),
        ({"object": "bank_account", "last4": "6789"}, "bank_transfer", "6789"),
        ({"object": "source", "type": "card", "card": {"brand": "Visa", "last4": "0341"}}, "card", "0341"),
        ({"object": "source", "type": "sepa_debit", "sepa_debit": {"last4": "3000"}}, "sepa_debit", "3000"),
        ({"object": "source", "type": "ach_credit_transfer"}, "bank_transfer", ""),
    ],
)
def test_a_card_or_source_of_the_older_kind(body: dict[str, Any], kind: str, last4: str) -> None:
    whole = {"id": "x_1", "customer": "cus_1", **body}
    fact = payment_method(whole, NOW)
    assert (fact.kind, fact.last4, fact.customer_id) == (kind, last4, "cus_1")
    assert payment_method({**whole, "deleted": True}, NOW).customer_id == ""


@pytest.mark.parametrize(
    ("more", "state", "captured"),
    [
        ({"status": "succeeded", "captured": False}, "authorized", 0),
        ({"status": "succeeded", "captured": True, "amount_captured": 600}, "succeeded", 600),
        ({"status": "succeeded", "captured": False, "refunded": True}, "canceled", 0),
        ({"status": "pending", "captured": True}, "pending", 0),
        ({"status": "failed", "captured": False, "failure_code": "card_declined"}, "failed", 0),
        ({"paid": True}, "succeeded", 1000),
        ({"paid": False}, "failed", 0),
    ],
)
def test_a_charge_captured_expired_pending_and_before_it_had_a_state(
    more: dict[str, Any], state: str, captured: int
) -> None:
    body = {"id": "ch_1", "object": "charge", "amount": 1000, "currency": "usd", "created": AT, **more}
    fact = charge(body, NOW)
    assert (fact.state, fact.captured_minor) == (state, captured)


def test_a_subscription_of_one_plan() -> None:
    plan = {
        "id": "gold",
        "object": "plan",
        "amount": 2000,
        "currency": "usd",
        "interval": "month",
        "interval_count": 1,
    }
    body = {
        "id": "sub_1",
        "object": "subscription",
        "customer": "cus_1",
        "plan": plan,
        "quantity": 3,
        "start": AT,
        "status": "trialing",
        "current_period_start": AT,
        "current_period_end": AT + 2_678_400,
    }
    fact = subscription(body, NOW)
    assert fact.created_at == fact.anchor_at == datetime.fromtimestamp(AT, UTC)
    assert [(item.gateway_id, item.quantity) for item in fact.items] == [("sub_1:gold", 3)]
    assert fact.items[0].price.tier_id == "gold"
