"""A promised refund is sent once, whatever the gateway does."""

from datetime import timedelta

import pytest

from billing.gateways.errors import Garbage, NotSetUp, Unreachable
from billing.models import Refund
from billing.refunds.queries import refundable_of
from billing.refunds.services import submit_refund
from tests.billing.refunds.desk import (
    NOW,
    a_payment,
    assert_sound,
    at_the_sandbox,
    balances,
    entries_of,
    issue,
    issue_and_submit,
    states_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_succeeds_and_posts_to_the_clearing():
    payment = a_payment()

    refund = issue_and_submit(payment)

    assert states_of(refund) == ["draft", "approved", "submitting", "succeeded"]
    assert refund.gateway_id == at_the_sandbox(payment)[0].id
    assert (refund.submitted_at, refund.attempts) == (NOW, 1)
    assert balances(refund) == {"customer_balance": 6_000, "gateway_clearing": -6_000}
    assert entries_of(refund, "state")[-1].actor_ref == "gateway:sandbox"
    assert_sound()


@pytest.mark.parametrize(("card", "code"), [("0002", "insufficient_funds"), ("9979", "lost_or_stolen_card")])
def test_a_decline_fails_it_with_the_gateway_s_words_and_gives_the_amount_back(card, code):
    payment = a_payment(card=card)

    refund = issue_and_submit(payment)

    assert (refund.state, refund.failure_code) == ("failed", code)
    assert refund.gateway_message
    assert refundable_of(payment).left.minor == 10_000
    assert balances(refund) == {}
    assert at_the_sandbox(payment) == []
    assert_sound()


@pytest.mark.parametrize(
    ("card", "trouble", "failing_calls", "made_by_then"),
    [
        ("0119", Unreachable, 1, 1),
        ("0127", Unreachable, 1, 0),
        ("0069", Unreachable, 2, 0),
        ("0341", Unreachable, 2, 0),
        ("0010", Garbage, 1, 1),
    ],
    ids=["times out after", "times out before", "429", "500", "garbage"],
)
def test_without_an_answer_it_is_sent_again_under_the_same_key(card, trouble, failing_calls, made_by_then):
    payment = a_payment(card=card)
    refund = issue(payment)

    for call in range(1, failing_calls + 1):
        with pytest.raises(trouble):
            submit_refund(refund_id=refund.pk, now=NOW + timedelta(minutes=call))
        refund.refresh_from_db()
        assert (refund.state, refund.attempts) == ("submitting", call)
        assert refund.gateway_message, "the person who looks is told"
    assert len(at_the_sandbox(payment)) == made_by_then
    assert len(entries_of(refund, "unreachable")) == 1, "the same trouble is told once"
    assert balances(refund) == {"customer_balance": 6_000, "refunds_in_transit": -6_000}

    refund = submit_refund(refund_id=refund.pk, now=NOW + timedelta(minutes=5))

    assert (refund.state, refund.gateway_message) == ("succeeded", "")
    assert len(at_the_sandbox(payment)) == 1
    assert_sound()


def test_a_429_says_when_to_come_back():
    refund = issue(a_payment(card="0069"))
    with pytest.raises(Unreachable) as trouble:
        submit_refund(refund_id=refund.pk, now=NOW)
    assert trouble.value.retry_after == 2


def test_submitting_twice_sends_once():
    payment = a_payment()
    refund = issue_and_submit(payment)

    again = submit_refund(refund_id=refund.pk, now=NOW + timedelta(minutes=1))

    assert (again.state, again.attempts) == ("succeeded", 1)
    assert len(at_the_sandbox(payment)) == 1


def test_a_gateway_that_is_not_set_up_leaves_it_waiting(settings):
    settings.STRIPE_API_KEY = ""
    payment = a_payment(gateway="stripe", gateway_id="pi_3OkaforHalden")
    refund = issue(payment)

    with pytest.raises(NotSetUp):
        submit_refund(refund_id=refund.pk, now=NOW)

    refund = Refund.objects.get(pk=refund.pk)
    assert refund.state == "submitting"
    assert "STRIPE_API_KEY" in refund.gateway_message


def test_what_the_gateway_will_not_take_fails_with_its_words():
    payment = a_payment(gateway_id="pay_of_nobody")

    refund = issue_and_submit(payment)

    assert (refund.state, refund.failure_code) == ("failed", "not_found")
    assert refundable_of(payment).left.minor == 10_000
    assert_sound()
