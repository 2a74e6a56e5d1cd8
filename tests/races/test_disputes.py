"""A dispute that opens while a refund is under way: it goes out once, or it is told that it went twice."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from billing.disputes.services import record_disputes
from billing.gateways.facts import DisputeFact, FundsFact
from billing.history.actors import gateway
from billing.history.models import HistoryEntry
from billing.models import Dispute, Payment, Refund
from billing.refunds.submit import _claim
from tests.billing.refunds.desk import NOW, a_payment, assert_sound, issue
from tests.races.harness import Meeting, at_once, meeting_at, without_payment_lock

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

LATER = NOW + timedelta(minutes=1)
#: What each of the two last looks at before it writes: the other's rows.
LOOKS = ("billing.refunds.overtaken.withdrawn_of", "billing.disputes.services.note_taken_twice")


def opens(payment: Payment) -> Any:
    """The gateway has withdrawn all of the payment."""
    fact = DisputeFact(
        "sandbox", f"dp_{payment.pk}", payment.gateway_id, "", "needs_response", "fraudulent", "EUR",
        10_000, LATER, LATER, funds=(FundsFact(f"txn_{payment.pk}", -10_000, 1500, "EUR", LATER),),
    )  # fmt: skip
    return record_disputes([fact], actor=gateway("sandbox"), now=LATER)


def meet() -> tuple[Refund, Payment]:
    """The worker takes up a promised refund in the moment in which the dispute is recorded."""
    payment = a_payment(10_000)
    refund = issue(payment, 10_000)
    place = Meeting(2)
    with meeting_at(place, LOOKS[0]), meeting_at(place, LOOKS[1]):
        outcomes = at_once([partial(_claim, refund.pk, LATER), partial(opens, payment)])
    assert not [each for each in outcomes if isinstance(each, BaseException)]
    refund.refresh_from_db()
    return refund, payment


def told(payment: Payment) -> bool:
    dispute = Dispute.objects.get(payment=payment)
    return HistoryEntry.objects.filter(
        subject_kind="dispute", subject_id=dispute.pk, kind="taken_twice"
    ).exists()


@pytest.mark.parametrize("round_", range(3))
def test_either_the_refund_is_given_up_or_the_dispute_tells_of_it(round_: int) -> None:
    refund, payment = meet()

    assert (refund.state == "withdrawn") != (refund.state == "submitting" and told(payment))
    assert_sound()


def test_without_the_payment_s_lock_it_goes_twice_and_nobody_is_told() -> None:
    with without_payment_lock():
        refund, payment = meet()

    assert refund.state == "submitting" and not told(payment)
