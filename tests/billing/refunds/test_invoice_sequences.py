"""Whatever is credited, refunded, failed and retried, in whatever order: the sums hold."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.errors import Refused
from billing.gateways.facts import RefundFact
from billing.history.actors import gateway
from billing.models import CreditNote, Refund
from billing.refunds.caps import left_of_invoice
from billing.refunds.rules import HOLDS
from billing.refunds.services import record_answer, withdraw_refund
from tests import make
from tests.billing.refunds.desk import NOW, issue
from tests.billing.refunds.paid import (
    INES,
    PRO,
    SEATS,
    a_paid_invoice,
    booked,
    granted,
    refund,
    store_credit,
    tokens,
)

pytestmark = pytest.mark.django_db

gross = st.sampled_from([0, 1, 700, 2_140, 3_100, 6_200, 9_000])
step = st.one_of(
    st.tuples(st.just("original"), gross, gross),
    st.tuples(st.just("store"), gross, gross),
    st.tuples(st.just("outside"), gross, gross),
    st.tuples(st.just("plain"), gross, gross),
    st.tuples(st.just("answer"), st.integers(0, 5), st.sampled_from(["succeeded", "failed"])),
    st.tuples(st.just("withdraw"), st.integers(0, 5), st.just(0)),
)


def nth(number: int) -> Refund | None:
    rows = list(Refund.objects.exclude(destination="outside").order_by("pk"))
    return rows[number % len(rows)] if rows else None


def do(what, first, second, invoice, payment, at) -> None:
    match what:
        case "original":
            refund(invoice, first, second, payment=payment)
        case "store":
            refund(invoice, first, second)
        case "outside":
            refund(invoice, first, second, payment=payment, destination="outside", outside_reference="SEPA 7")
        case "plain":
            issue(payment, first, actor=INES)
        case "answer":
            if (row := nth(first)) is not None:
                record_answer(fact=told(row, second, at), actor=gateway("sandbox"), now=at, refund_id=row.pk)
        case "withdraw":
            if (row := nth(first)) is not None:
                withdraw_refund(refund_id=row.pk, reason="Asked twice", actor=INES, now=at)


def told(row: Refund, state: str, at) -> RefundFact:
    return RefundFact(
        gateway="sandbox", gateway_id=f"sbx_re_{row.pk}", payment_gateway_id=row.payment.gateway_id,
        amount_minor=row.amount_minor, currency=row.currency, state=state, created_at=NOW, as_of=at,
        reference=row.reference,
    )  # fmt: skip


@settings(max_examples=25)
@given(st.lists(step, min_size=1, max_size=8))
def test_the_sums_hold(steps):
    with transaction.atomic():
        subscription = make.subscription(collected_by="us")
        invoice, payment = a_paid_invoice(
            PRO, SEATS, customer=subscription.customer, subscription=subscription
        )
        granted(subscription, 1_000)
        for place, (what, first, second) in enumerate(steps):
            try:
                with transaction.atomic():
                    do(what, first, second, invoice, payment, NOW + timedelta(hours=place))
            except Refused:
                pass  # quiet: what is refused has changed nothing, which the sums below show
            holds(invoice, payment)
        transaction.set_rollback(True)


def holds(invoice, payment) -> None:
    notes = list(CreditNote.objects.filter(invoice=invoice).order_by("number"))
    held = Refund.objects.filter(payment=payment, state__in=HOLDS)
    gone = sum(held.values_list("amount_minor", flat=True))
    kept = sum(note.on_paid_minor for note in notes) - sum(
        held.exclude(credit_note=None).values_list("amount_minor", flat=True)
    )
    assert gone <= payment.captured_minor
    assert gone + kept <= invoice.total_minor, "never given twice, by whatever way"
    assert sum(note.net_minor for note in notes) <= invoice.net_minor
    assert sum(note.tax_minor for note in notes) <= invoice.tax_minor
    assert left_of_invoice(invoice).minor == invoice.total_minor - gone - kept
    assert [note.number for note in notes] == [f"CN-2026-{n:06}" for n in range(1, len(notes) + 1)]
    assert store_credit(invoice.customer) == kept == -booked(invoice.customer).get("customer_balance", 0)
    assert sum(booked(invoice.customer).values()) == 0
    assert 0 <= tokens(invoice.customer) <= 1_000
