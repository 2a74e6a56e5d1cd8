"""Dispute and refund are one sum: in whatever order things happen, the desk never gives back twice, and what
a gateway takes twice is told."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from billing.disputes.answering import SENT, excess_of, withdrawn_of
from billing.disputes.services import record_disputes
from billing.errors import Refused
from billing.gateways.facts import DisputeFact, FundsFact, RefundFact
from billing.history.actors import gateway
from billing.history.models import HistoryEntry
from billing.history.services import record
from billing.ids import form_key
from billing.models import Dispute, Payment, Refund
from billing.money import Money
from billing.payments.services import settle
from billing.refunds.queries import refundable_of
from billing.refunds.services import issue_refund, record_answer
from billing.refunds.submit import _claim
from tests import make
from tests.billing.refunds.desk import JUDE
from tests.books import what_is_broken

pytestmark = pytest.mark.django_db

STRIPE = gateway("stripe")
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
REFUND = ("promised", "sent", "succeeded", "failed")


class Story:
    """One payment of 50.00 and what happens to it, an hour apart."""

    def __init__(self) -> None:
        number = make.serial()
        self.ids = {"payment": f"pi_{number}", "refund": f"re_{number}"}
        self.payment = make.payment(
            gateway="stripe", gateway_id=f"pi_{number}", amount_minor=5000, created_at=NOW
        )
        record(self.payment, "created", to_state="succeeded", actor=STRIPE, now=NOW)
        settle([self.payment], actor=STRIPE, now=NOW)
        self.refund: Refund | None = None
        self.number, self.at = number, NOW
        self.funds: tuple[FundsFact, ...] = ()

    def happens(self, what: str) -> None:
        self.at += timedelta(hours=1)
        getattr(self, what)()

    def promised(self) -> None:
        try:
            self.refund = issue_refund(
                payment_id=self.payment.pk, amount=Money(5000, "EUR"), reason="duplicate", note_internal="",
                note_to_customer="", actor=JUDE, form_key=form_key(), now=self.at,
            )  # fmt: skip
        except Refused as no:  # A dispute was faster.
            assert no.code == "nothing_left" and withdrawn_of(self.payment.pk)

    def sent(self) -> None:
        if self.refund:
            self.refund = _claim(self.refund.pk, self.at)

    def succeeded(self) -> None:
        self._answer("submitting", "succeeded")

    def failed(self) -> None:
        self._answer("succeeded", "failed")

    def _answer(self, only_from: str, to: str) -> None:
        if not self.refund or self.refund.state != only_from:
            return
        fact = RefundFact(
            "stripe", self.ids["refund"], self.ids["payment"], 5000, "EUR", to, self.at, self.at,
            reference=self.refund.reference,
        )  # fmt: skip
        self.refund = record_answer(fact=fact, actor=STRIPE, now=self.at, refund_id=self.refund.pk)

    def warned(self) -> None:
        self._told("warning", f"issfr_{self.number}", early=True)

    def withdrawn(self) -> None:
        self.funds = (FundsFact(f"txn_a{self.number}", -5000, 1500, "EUR", self.at),)
        self._told("needs_response", f"dp_{self.number}")

    def won(self) -> None:
        self.funds += (FundsFact(f"txn_b{self.number}", 5000, 0, "EUR", self.at),)
        self._told("won", f"dp_{self.number}")

    def lost(self) -> None:
        self._told("lost", f"dp_{self.number}")

    def _told(self, state: str, gateway_id: str, *, early: bool = False) -> None:
        fact = DisputeFact(
            "stripe", gateway_id, self.ids["payment"], "", state, "fraudulent", "" if early else "EUR",
            0 if early else 5000, self.at, self.at, funds=() if early else self.funds, is_early_warning=early,
        )  # fmt: skip
        record_disputes([fact], actor=STRIPE, now=self.at)

    def holds(self, done: list[str]) -> None:
        """What must never be false, after each thing that happened."""
        sent = sum(
            Refund.objects.filter(payment=self.payment, state__in=SENT).values_list("amount_minor", flat=True)
        )
        taken = withdrawn_of(self.payment.pk)
        left = refundable_of(self.payment).left.minor
        assert left == 0 or left + sent + taken == 5000, done
        dispute = Dispute.objects.filter(payment=self.payment).first()
        assert Dispute.objects.filter(payment=self.payment).count() <= 1, done
        if excess_of(self.payment).minor:
            assert done.index("sent") < done.index("withdrawn"), f"the desk gave back twice: {done}"
            noted = HistoryEntry.objects.filter(
                subject_kind="dispute", subject_id=dispute.pk, kind="taken_twice"
            )
            assert noted.count() == 1, f"nobody was told: {done}"
        if "warned" in done and "withdrawn" not in done:
            gone = self.refund is not None and self.refund.state == "succeeded"
            assert dispute.state == ("prevented" if gone else "warning"), done


def orders(end: str) -> Iterator[list[str]]:
    """Each way to lay the refund's steps, the chargeback's and the warning into one row."""
    for refund_at in combinations(range(7), 4):
        others = [place for place in range(7) if place not in refund_at]
        for warned_at in others:
            row = [""] * 7
            for place, what in zip(refund_at, REFUND, strict=True):
                row[place] = what
            row[warned_at] = "warned"
            for place, what in zip((p for p in others if p != warned_at), ("withdrawn", end), strict=True):
                row[place] = what
            yield row


@pytest.mark.parametrize("end", ["won", "lost"])
def test_in_whatever_order_it_is_given_back_once(end: str) -> None:
    """Each order on a payment of its own, and the books of all of them at the end. Of the 105 orders of each
    end every third is told, all of them by the deep profile."""
    deep = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
    told = 0
    for order in list(orders(end))[0 if deep or end == "won" else 1 :: 1 if deep else 3]:
        story = Story()
        for place, what in enumerate(order, 1):
            story.happens(what)
            story.holds(order[:place])
        told += 1
    assert Payment.objects.count() == told >= 35
    broken = what_is_broken()
    assert not broken


def test_a_promise_that_a_dispute_overtakes_is_withdrawn_before_anybody_is_called() -> None:
    story = Story()
    for what in ("promised", "withdrawn", "sent"):
        story.happens(what)
    assert story.refund is not None
    assert story.refund.state == "withdrawn"
    last = HistoryEntry.objects.filter(subject_kind="refund", subject_id=story.refund.pk).latest("id")
    assert last.reason == "A dispute has withdrawn 50.00 EUR of the payment since this was promised."


def test_a_part_does_not_answer_a_warning() -> None:
    story = Story()
    story.happens("warned")
    part = issue_refund(
        payment_id=story.payment.pk, amount=Money(4999, "EUR"), reason="duplicate", note_internal="",
        note_to_customer="", actor=JUDE, form_key=form_key(), now=story.at,
    )  # fmt: skip
    _claim(part.pk, story.at)
    fact = RefundFact("stripe", "re_p", story.ids["payment"], 4999, "EUR", "succeeded", story.at, story.at)
    record_answer(fact=fact, actor=STRIPE, now=story.at, refund_id=part.pk)
    assert Dispute.objects.get(payment=story.payment).state == "warning"


def test_a_warning_that_is_told_again_stays_prevented() -> None:
    story = Story()
    for what in ("warned", "promised", "sent", "succeeded", "warned"):
        story.happens(what)
    assert Dispute.objects.get(payment=story.payment).state == "prevented"
