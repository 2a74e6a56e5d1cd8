"""Two people, one request; and requests below the limit that together are above it."""

from contextlib import contextmanager
from unittest.mock import patch

import pytest

from billing.approvals import services
from billing.errors import Conflict
from billing.history.actors import person
from billing.models import Approval, LimitUse, Refund
from tests.billing.refunds.desk import NOW, a_payment, issue
from tests.races.harness import at_once, meeting, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

JUDE = person(12, "Jude Okafor", ["support"])
INES = person(13, "Inês Marchetti", ["finance"])
TOVE = person(3, "Tove Ahlgren", ["admin"])


def anyone(approval):
    pass


def asked():
    refund = issue(a_payment(200_000), 90_000, actor=JUDE)
    return refund, Approval.objects.get(target_id=refund.pk, target_kind="refund")


def yes(approval, actor):
    return lambda: (
        services.approve(approval_id=approval.pk, reason="", actor=actor, now=NOW, check=anyone).state
    )


def test_two_say_yes_and_it_is_done_once():
    refund, approval = asked()
    with meeting("billing.approvals.deciding.action_named", 2):
        outcomes = at_once([yes(approval, INES), yes(approval, TOVE)])
    assert went_through(outcomes) == ["executed"]
    assert [type(each) for each in refused(outcomes)] == [Conflict]
    refund.refresh_from_db()
    assert refund.state == "approved"


def test_yes_and_withdrawal_in_the_same_second_end_in_one_of_them():
    refund, approval = asked()
    outcomes = at_once(
        [
            yes(approval, INES),
            lambda: services.withdraw(approval_id=approval.pk, reason="Not now", actor=JUDE, now=NOW).state,
        ]
    )
    assert len(went_through(outcomes)) == 1
    assert isinstance(refused(outcomes)[0], Conflict)
    refund.refresh_from_db()
    approval.refresh_from_db()
    assert (approval.state, refund.state) in {("executed", "approved"), ("withdrawn", "withdrawn")}


def five_times_below_the_limit():
    """EUR 400 to one customer, five times at once, where EUR 1,000 in 30 days is the most."""
    first = a_payment(100_000)
    payments = [first] + [a_payment(100_000, customer=first.customer) for _ in range(4)]
    with meeting("billing.approvals.limits._spent", 5):
        outcomes = at_once([lambda each=each: issue(each, 40_000, actor=JUDE).state for each in payments])
    assert not refused(outcomes), refused(outcomes)
    alone = Refund.objects.filter(state="approved", customer=first.customer).count()
    assert LimitUse.objects.filter(customer=first.customer).count() == alone
    return alone


def test_parallel_requests_below_the_limit_do_not_slip_past_it():
    assert five_times_below_the_limit() == 2


@contextmanager
def without_the_lock():
    with patch("billing.approvals.limits.lock_sums", lambda action, customer_id, actor: None):
        yield


def test_without_the_lock_they_do():
    with without_the_lock():
        assert five_times_below_the_limit() > 2, "the naive twin lets all of them through"
