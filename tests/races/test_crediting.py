"""Two who credit one invoice at once: together never more than was paid, and no number is lost."""

from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest

from billing.ids import form_key
from billing.invoices.crediting import credit_invoice
from billing.models import CreditNote, Invoice, NumberSeries
from tests.billing.refunds.desk import NOW
from tests.billing.refunds.paid import INES, a_paid_invoice, refund, store_credit
from tests.races.harness import at_once, meeting, refused, went_through, without_trigger

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

PLAN = "billing.invoices.crediting.plan_credit"
WITHIN = ("billing_creditnote", "credit_notes_stay_within_their_invoice")


@contextmanager
def without_invoice_lock():
    """The naive twin: the invoice is read, not locked."""
    with patch("billing.invoices.crediting.lock_invoice", lambda pk: Invoice.objects.get(pk=pk)):
        yield


def credit(invoice: Invoice) -> CreditNote:
    line = invoice.lines.get().pk
    return credit_invoice(
        invoice_id=invoice.pk, asked={line: 4_000}, reason="goodwill", memo="", actor=INES,
        form_key=form_key(), now=NOW,
    )  # fmt: skip


def forty_of_sixty_two(clerks: int, guard: Any = None) -> tuple[Invoice, list[Any]]:
    invoice, _ = a_paid_invoice()
    with guard or nullcontext(), meeting(PLAN, clerks):
        return invoice, at_once([partial(credit, invoice) for _ in range(clerks)])


def test_of_eight_who_credit_40_of_62_exactly_one_succeeds():
    invoice, outcomes = forty_of_sixty_two(8)

    assert len(went_through(outcomes)) == 1
    assert {each.code for each in refused(outcomes)} == {"line_above_creditable"}
    assert store_credit(invoice.customer) == 4_000
    assert CreditNote.objects.get().number == "CN-2026-000001"
    assert NumberSeries.objects.get(prefix="CN-2026-").next_number == 2


def test_without_the_lock_and_the_databases_own_sum_too_much_is_given():
    with without_trigger(*WITHIN):
        invoice, outcomes = forty_of_sixty_two(2, without_invoice_lock())

    assert len(went_through(outcomes)) == 2
    assert store_credit(invoice.customer) == 8_000, "80.00 of 62.00"


def test_without_the_lock_the_database_still_refuses_the_second():
    invoice, outcomes = forty_of_sixty_two(2, without_invoice_lock())

    assert len(went_through(outcomes)) == 1
    assert store_credit(invoice.customer) == 4_000


def test_numbers_of_many_invoices_at_once_have_no_gap():
    invoices = [a_paid_invoice()[0] for _ in range(8)]

    outcomes = at_once([partial(refund, invoice, 1_000) for invoice in invoices])

    assert len(went_through(outcomes)) == 8, refused(outcomes)
    numbers = sorted(CreditNote.objects.values_list("number", flat=True))
    assert numbers == [f"CN-2026-{n:06}" for n in range(1, 9)]
