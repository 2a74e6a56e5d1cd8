"""What may be given back: every rule as a row of a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.errors import Conflict, InvalidInput
from billing.models import Payment, Refund
from billing.money import MAX_MINOR, Money
from billing.payments.models import PaymentState
from billing.refunds.models import RefundReason, RefundState
from billing.refunds.rules import (
    HOLDS,
    MACHINE,
    REASONS,
    SETTLED,
    WHY_NOT,
    PaymentFacts,
    check_refund,
    drawn_from_balance,
    is_news,
    refundable,
)
from tests.billing.refunds.desk import NOW


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def check(minor: int = 6_000, currency: str = "EUR", left: int = 10_000, **changed: str) -> None:
    paid = {"state": "succeeded", "gateway": "sandbox", "gateway_id": "sbx_pay_1"}
    paid |= {name: value for name, value in changed.items() if name in paid}
    given_with = {name: value for name, value in changed.items() if name not in paid}
    check_refund(
        Money(minor, currency),
        left=eur(left),
        payment=PaymentFacts(reference="PAY-20261118-7K2M9QPA", currency="EUR", **paid),
        **({"reason": "duplicate"} | given_with),
    )


@pytest.mark.parametrize(
    "allowed",
    [
        {},
        {"minor": 1},
        {"minor": 10_000},
        {"reason": "other", "note_internal": "Promised on the phone"},
        {"note_internal": "x" * 10_000, "note_to_customer": "x" * 2_000},
        *({"reason": reason} for reason in REASONS if reason != "other"),
    ],
)
def test_is_allowed(allowed):
    check(**allowed)


@pytest.mark.parametrize(
    ("asked", "code", "field", "says"),
    [
        ({"minor": 0}, "amount_zero", "amount", "more than zero"),
        ({"minor": -1}, "amount_negative", "amount", "without a minus"),
        ({"minor": 10_001}, "amount_above_refundable", "amount", "Enter 100.00 EUR or less"),
        (
            {"minor": 6_000, "left": 4_000},
            "amount_above_refundable",
            "amount",
            "60.00 EUR is more than the 40.00",
        ),
        ({"minor": MAX_MINOR + 1}, "amount_too_large", "amount", "at a time"),
        ({"currency": "USD"}, "amount_wrong_currency", "amount", "Enter an amount in EUR"),
        ({"reason": "because"}, "reason_unknown", "reason", "from the list"),
        ({"reason": ""}, "reason_unknown", "reason", "from the list"),
        ({"reason": "other"}, "note_required", "note_internal", "say here"),
        ({"reason": "other", "note_internal": "  "}, "note_required", "note_internal", "say here"),
        ({"note_internal": "x" * 10_001}, "note_too_long", "note_internal", "10,000"),
        ({"note_to_customer": "x" * 2_001}, "note_too_long", "note_to_customer", "2,000"),
    ],
)
def test_is_refused_with_a_sentence_on_the_field(asked, code, field, says):
    with pytest.raises(InvalidInput) as refusal:
        check(**asked)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert says in refusal.value.sentence


@pytest.mark.parametrize(
    ("asked", "code", "says"),
    [
        ({"left": 0}, "nothing_left", "nothing left"),
        ({"gateway": "", "gateway_id": ""}, "payment_past_gateways", "from the bank"),
        *(({"state": state}, "payment_not_refundable", "cannot be refunded") for state in WHY_NOT),
    ],
)
def test_a_payment_that_takes_no_refund_says_why(asked, code, says):
    with pytest.raises(Conflict) as refusal:
        check(**asked)
    assert refusal.value.code == code
    assert says in refusal.value.sentence
    assert "PAY-20261118-7K2M9QPA" in refusal.value.sentence


def test_the_words_of_the_rules_are_those_of_the_models():
    assert set(REASONS) == set(RefundReason.values)
    assert MACHINE.states == set(RefundState.values)
    assert {*WHY_NOT, "succeeded"} == set(PaymentState.values)
    assert Refund._meta.get_field("note_internal").max_length == 10_000
    assert Payment._meta.get_field("state").choices == PaymentState.choices


def test_states_hold_or_have_given_back():
    assert {"succeeded"} == HOLDS & SETTLED
    assert HOLDS | SETTLED | {"draft"} == MACHINE.states


@pytest.mark.parametrize(
    ("captured", "held", "withdrawn", "left"),
    [
        (10_000, [], 0, 10_000),
        (10_000, [6_000], 0, 4_000),
        (10_000, [6_000, 4_000], 0, 0),
        (10_000, [6_000], 4_000, 0),
        (10_000, [6_000, 6_000], 0, 0),
        (0, [], 0, 0),
    ],
)
def test_refundable(captured, held, withdrawn, left):
    assert refundable(eur(captured), map(eur, held), eur(withdrawn)) == eur(left)


@pytest.mark.parametrize(
    ("amount", "captured", "allocated", "drawn", "from_balance"),
    [
        (6_000, 10_000, 0, 0, 6_000),
        (6_000, 10_000, 10_000, 0, 0),
        (6_000, 10_000, 7_000, 0, 3_000),
        (6_000, 10_000, 7_000, 2_000, 1_000),
        (6_000, 10_000, 7_000, 3_000, 0),
        (6_000, 10_000, 12_000, 0, 0),
    ],
)
def test_what_paid_no_invoice_is_drawn_first(amount, captured, allocated, drawn, from_balance):
    found = drawn_from_balance(
        eur(amount), captured=eur(captured), allocated=eur(allocated), drawn=eur(drawn)
    )
    assert found == eur(from_balance)


minor = st.integers(0, MAX_MINOR)


@given(minor, st.lists(minor, max_size=5), minor)
def test_refundable_never_leaves_the_payment(captured, held, withdrawn):
    left = refundable(eur(captured), map(eur, held), eur(withdrawn)).minor
    assert 0 <= left <= captured
    assert left == 0 or left + sum(held) + withdrawn == captured


STEPS = ("pending", "succeeded", "failed")


@pytest.mark.parametrize("state", STEPS)
@pytest.mark.parametrize("reported", STEPS)
@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_news_is_later_or_further_along(state, reported, seconds):
    from datetime import timedelta

    said = is_news(state=state, as_of=NOW, reported=reported, reported_as_of=NOW + timedelta(seconds=seconds))
    assert said == (seconds > 0 or (seconds == 0 and STEPS.index(reported) > STEPS.index(state)))


def test_the_first_report_is_news():
    assert is_news(state="submitting", as_of=None, reported="pending", reported_as_of=NOW)
