"""Refunds under many hands: what is promised never exceeds what is refundable, and nothing happens twice."""

from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError

from billing.gateways.facts import RefundFact
from billing.gateways.sandbox import Sandbox
from billing.history.actors import gateway
from billing.ids import form_key
from billing.models import Refund
from billing.money import Money
from billing.refunds.queries import refundable_of
from billing.refunds.services import record_answer, submit_refund, withdraw_refund
from tests.billing.refunds.desk import (
    JUDE,
    NOW,
    a_payment,
    assert_sound,
    at_the_sandbox,
    balances,
    issue,
    issue_and_submit,
    states_of,
)
from tests.races.harness import (
    at_once,
    meeting,
    refused,
    went_through,
    without_payment_lock,
    without_refund_lock,
    without_trigger,
)

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

CLERKS = 20
RULE = "billing.refunds.rules.check_refund"
WITHIN = ("billing_refund", "refunds_stay_within_their_payment")


def sixty_of_a_hundred(clerks: int = CLERKS) -> list[Any]:
    payment = a_payment(10_000)
    with meeting(RULE, clerks):
        return at_once([partial(issue, payment, 6_000) for _ in range(clerks)])


def test_of_twenty_who_refund_60_of_100_exactly_one_succeeds():
    outcomes = sixty_of_a_hundred()

    assert len(went_through(outcomes)) == 1
    assert {each.code for each in refused(outcomes)} == {"amount_above_refundable"}
    assert Refund.objects.count() == 1
    assert_sound()


def test_the_lock_alone_holds():
    with without_trigger(*WITHIN):
        outcomes = sixty_of_a_hundred()
    assert len(went_through(outcomes)) == 1
    assert_sound()


def test_the_database_alone_holds():
    with without_payment_lock():
        outcomes = sixty_of_a_hundred(8)
    assert len(went_through(outcomes)) == 1
    assert {type(each) for each in refused(outcomes)} == {IntegrityError}
    named = {each.__cause__.diag.constraint_name for each in refused(outcomes)}
    assert named == {"refunds_stay_within_their_payment"}
    assert_sound()


def test_without_lock_and_trigger_the_race_is_real():
    with without_payment_lock(), without_trigger(*WITHIN):
        outcomes = sixty_of_a_hundred(8)
    assert len(went_through(outcomes)) > 1
    with pytest.raises(AssertionError, match="promised"):
        assert_sound()


@pytest.mark.parametrize("lock", [True, False], ids=["locked", "by the unique key alone"])
def test_one_form_posted_eight_times_at_once_makes_one_refund(lock):
    payment, key = a_payment(10_000), form_key()

    with nullcontext() if lock else without_payment_lock():
        outcomes = at_once([partial(issue, payment, 1_000, form_key=key) for _ in range(8)])

    assert refused(outcomes) == []
    assert {each.reference for each in outcomes} == {Refund.objects.get().reference}
    assert balances() == {"customer_balance": 1_000, "refunds_in_transit": -1_000}


def test_eight_forms_make_eight_refunds():
    payment = a_payment(10_000)
    outcomes = at_once([partial(issue, payment, 1_000) for _ in range(8)])
    assert len({each.reference for each in outcomes}) == 8
    assert refundable_of(payment).left.minor == 2_000
    assert_sound()


class Forgetful(Sandbox):
    """A gateway that is given another key with each call, as if ours were left out."""

    def refund(self, payment_gateway_id: str, amount: Any, *, key: str, **rest: Any) -> RefundFact:
        return super().refund(payment_gateway_id, amount, key=form_key(), **rest)


def two_workers() -> list[Any]:
    payment = a_payment(20_000)
    refund = issue(payment, 6_000)
    with meeting("billing.refunds.submit._claim", 2):
        outcomes = at_once([partial(submit_refund, refund_id=refund.pk, now=NOW) for _ in range(2)])
    assert refused(outcomes) == []
    return at_the_sandbox(payment)


def test_two_workers_sending_at_once_give_the_money_once():
    assert len(two_workers()) == 1
    assert states_of(Refund.objects.get()) == ["draft", "approved", "submitting", "succeeded"]
    assert_sound()


def test_without_the_key_they_give_it_twice(settings):
    settings.GATEWAYS = {"sandbox": "tests.races.test_refunds.Forgetful"}
    assert len(two_workers()) == 2
    assert {each.state for each in Refund.objects.all()} == {"succeeded"}
    assert Refund.objects.filter(origin="gateway").count() == 1, "the second is recorded all the same"


def answers(refund: Refund, fact: RefundFact, parties: int = 6) -> list[Any]:
    """The job with the refund in hand, and webhooks that find it, all saying the same."""
    say = partial(record_answer, fact=fact, actor=gateway("sandbox"), now=NOW)
    calls = [partial(say, refund_id=refund.pk) if each % 2 else say for each in range(parties)]
    with meeting("billing.refunds.rules.is_news", parties):
        return at_once(calls)


def answered_at_once() -> Refund:
    payment = a_payment()
    refund = issue(payment)
    fact = Sandbox().refund(
        payment.gateway_id,
        issue_amount(refund),
        key=refund.reference,
        reason=refund.reason,
        metadata={},
    )
    Refund.objects.filter(pk=refund.pk).update(state="submitting", submitted_at=NOW)
    answers(refund, fact)
    refund.refresh_from_db()
    return refund


def issue_amount(refund: Refund) -> Any:
    return Money(refund.amount_minor, refund.currency)


def test_job_and_webhooks_answering_at_once_record_it_once():
    refund = answered_at_once()
    assert states_of(refund).count("succeeded") == 1
    assert balances(refund) == {"customer_balance": 6_000, "gateway_clearing": -6_000}


def test_without_the_lock_they_record_it_several_times():
    with without_refund_lock():
        refund = answered_at_once()
    assert states_of(refund).count("succeeded") > 1
    assert balances(refund) == {"customer_balance": 6_000, "gateway_clearing": -6_000}, "the ledger's own key"


def test_a_refund_made_at_the_gateway_enters_once_however_many_tell_of_it():
    payment = a_payment()
    fact = Sandbox().refund_elsewhere(
        payment.gateway_id, issue_amount(Refund(amount_minor=500, currency="EUR"))
    )

    outcomes = at_once(
        [partial(record_answer, fact=fact, actor=gateway("sandbox"), now=NOW) for _ in range(6)]
    )

    assert refused(outcomes) == []
    assert Refund.objects.count() == 1
    assert_sound()


def test_a_new_refund_and_the_late_failure_of_another_never_promise_too_much():
    payment = a_payment(10_000, card="5126")
    refund = issue_and_submit(payment, 6_000)
    said = Sandbox(clock=lambda: NOW + timedelta(days=9_000)).retrieve_refund(refund.gateway_id)
    assert said is not None
    assert said.state == "failed"

    outcomes = at_once(
        [
            *(partial(issue, payment, 6_000, now=NOW) for _ in range(4)),
            partial(record_answer, fact=said, actor=gateway("sandbox"), now=NOW),
        ]
    )

    assert len([each for each in went_through(outcomes) if each.pk != refund.pk]) <= 1
    refund.refresh_from_db()
    assert refund.state == "failed"
    assert_sound()


def test_a_refund_is_either_withdrawn_or_sent():
    for _ in range(5):
        payment = a_payment()
        refund = issue(payment)

        at_once(
            [
                partial(submit_refund, refund_id=refund.pk, now=NOW),
                partial(withdraw_refund, refund_id=refund.pk, reason="Paid by mistake", actor=JUDE, now=NOW),
            ]
        )

        refund.refresh_from_db()
        assert (refund.state, len(at_the_sandbox(payment))) in (("withdrawn", 0), ("succeeded", 1))
    assert_sound()
