"""Whatever happens, in whatever order: what is promised stays within the payment and the books balance."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.errors import Refused
from billing.gateways.facts import RefundFact
from billing.history.actors import gateway
from billing.models import Payment, Refund
from billing.refunds.queries import refundable_of
from billing.refunds.rules import HOLDS
from billing.refunds.services import record_answer, withdraw_refund
from billing.refunds.submit import _claim
from tests.billing.refunds.desk import JUDE, NOW, a_payment, assert_sound, issue

pytestmark = pytest.mark.django_db

REPORTS = ("pending", "requires_action", "succeeded", "failed", "canceled")
# Few and large, so that a payment of 100 is used up within a story.
amounts = st.sampled_from([-1, 0, 1, 2_500, 4_000, 6_000, 9_999, 10_000])
answer = st.tuples(st.just("answer"), st.integers(0, 2), st.sampled_from(REPORTS), st.integers(0, 5))
step = st.one_of(
    answer,
    answer,
    st.tuples(st.just("issue"), amounts),
    st.tuples(st.just("claim"), st.integers(0, 5)),
    st.tuples(st.just("withdraw"), st.integers(0, 5)),
    st.tuples(st.just("elsewhere"), amounts.filter(lambda minor: minor > 0), st.sampled_from(REPORTS)),
    st.tuples(st.just("again"), st.integers(0, 20)),
)


@dataclass
class Story:
    payment: Payment
    told: list[RefundFact] = field(default_factory=list)

    def nth(self, number: int) -> Refund | None:
        refunds = list(Refund.objects.filter(payment=self.payment).order_by("id"))
        return refunds[number % len(refunds)] if refunds else None

    def hear(self, fact: RefundFact) -> None:
        self.told.append(fact)
        before = dict(Refund.objects.values_list("id", "gateway_as_of"))
        refund = record_answer(fact=fact, actor=gateway("sandbox"), now=NOW)
        vouched = before.get(refund.pk)
        assert vouched is None or refund.gateway_as_of >= vouched, "never back in time"

    def left(self) -> int:
        held = Refund.objects.filter(payment=self.payment, state__in=HOLDS)
        return 10_000 - sum(held.values_list("amount_minor", flat=True))

    def fact(self, gateway_id: str, minor: int, state: str, after: int, reference: str = "") -> RefundFact:
        as_of = NOW + timedelta(seconds=after)
        where = self.payment.gateway_id
        return RefundFact("sandbox", gateway_id, where, minor, "EUR", state, NOW, as_of, reference=reference)

    def issue(self, minor: int) -> None:
        issue(self.payment, minor)

    def claim(self, number: int) -> None:
        if refund := self.nth(number):
            _claim(refund.pk, NOW)

    def withdraw(self, number: int) -> None:
        if refund := self.nth(number):
            withdraw_refund(refund_id=refund.pk, reason="A mistake", actor=JUDE, now=NOW)

    def answer(self, number: int, state: str, after: int) -> None:
        refund = self.nth(number)
        if refund and refund.state == "approved":
            _claim(refund.pk, NOW)
        if refund and refund.state != "withdrawn":
            ours = refund.reference if refund.origin == "desk" else ""
            known_as = refund.gateway_id or f"sbx_re_{refund.pk}"
            self.hear(self.fact(known_as, refund.amount_minor, state, after, ours))

    def elsewhere(self, minor: int, state: str) -> None:
        self.hear(self.fact(f"sbx_re_elsewhere_{len(self.told)}_{self.payment.pk}", minor, state, 0))

    def again(self, number: int) -> None:
        if self.told:
            self.hear(self.told[number % len(self.told)])


@settings(max_examples=30)
@given(st.lists(step, min_size=6, max_size=14))
def test_nothing_is_ever_promised_twice_or_booked_wrong(steps):
    with transaction.atomic():
        story = Story(a_payment(10_000))
        for name, *arguments in steps:
            left = story.left()
            assert refundable_of(story.payment).left.minor == max(left, 0)
            before = Refund.objects.count()
            try:
                with transaction.atomic():
                    getattr(story, name)(*arguments)
            except Refused:
                assert Refund.objects.count() == before
            else:
                assert name != "issue" or 0 < arguments[0] <= left
            assert_sound()
        known = [key for key in Refund.objects.values_list("gateway_id", flat=True) if key]
        assert len(known) == len(set(known))
        before = sorted(Refund.objects.values_list("id", "state"))
        for fact in story.told:
            record_answer(fact=fact, actor=gateway("sandbox"), now=NOW)
        assert sorted(Refund.objects.values_list("id", "state")) == before, "told twice, changed nothing"
        assert_sound()
        transaction.set_rollback(True)
