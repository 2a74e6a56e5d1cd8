"""Invoices under many hands: one for its cause, numbers without gap or double, what waits taken once."""

from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.db import IntegrityError

from billing.invoices.drafting import draft_invoice, finalise_invoice
from billing.invoices.issuing import write_invoices
from billing.invoices.pending import add_pending
from billing.models import Customer, Invoice, NumberSeries, PendingLine, Posting
from tests.billing.invoices.orders import NOW, RUN, buyer, credit, order
from tests.races.harness import at_once, meeting, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

PREPARED = "billing.invoices.issuing.prepare_orders"


def run(orders):
    return lambda: write_invoices(orders, actor=RUN, now=NOW)


def numbers() -> list[str]:
    return list(Invoice.objects.order_by("number").values_list("number", flat=True))


@contextmanager
def without_customer_lock():
    """The naive twin: the customers are read, not locked."""

    def plain(ids):
        return {each.pk: each for each in Customer.objects.select_related("identity").filter(pk__in=ids)}

    with patch("billing.invoices.issuing.lock_customers", plain):
        yield


def test_two_runs_write_one_invoice_for_a_cause():
    orders = [order(buyer()) for _ in range(3)]
    with meeting(PREPARED, 2):
        outcomes = at_once([run(orders), run(list(reversed(orders)))])

    assert refused(outcomes) == []
    assert {each.pk for each in outcomes[0]} == {each.pk for each in outcomes[1]}
    assert numbers() == [f"INV-2026-{n:06d}" for n in (1, 2, 3)]
    assert Posting.objects.filter(fact="invoice.finalised").count() == 3


def test_without_its_lock_the_second_run_fails():
    orders = [order(buyer()) for _ in range(3)]
    with without_customer_lock(), meeting(PREPARED, 2):
        outcomes = at_once([run(orders), run(orders)])

    (failed,) = refused(outcomes)
    assert isinstance(failed, IntegrityError)
    # The database held what the lock would have: and the number that was given back is no gap.
    assert len(went_through(outcomes)) == 1
    write_invoices([order(buyer())], actor=RUN, now=NOW)
    assert numbers() == [f"INV-2026-{n:06d}" for n in (1, 2, 3, 4)]


def test_numbers_have_no_gap_and_no_double_whoever_writes():
    batches = [[order(buyer()) for _ in range(5)] for _ in range(4)]
    # A run that fails in the middle takes no number.
    batches[2].append(order(buyer("")))
    outcomes = at_once([run(orders) for orders in batches])

    assert len(refused(outcomes)) == 1
    assert numbers() == [f"INV-2026-{n:06d}" for n in range(1, 16)]
    assert NumberSeries.objects.get().next_number == 16
    for written in went_through(outcomes):
        own = [int(each.number[-6:]) for each in written]
        assert own == list(range(own[0], own[0] + 5))


def test_what_waits_is_taken_by_one_invoice():
    customer = buyer()
    add_pending(
        [credit(500)],
        customer_id=customer.pk,
        subscription_id=None,
        currency="EUR",
        cause="c",
        actor=RUN,
        now=NOW,
    )
    with meeting(PREPARED, 2):
        outcomes = at_once([run([order(customer)]), run([order(customer)])])

    assert refused(outcomes) == []
    totals = sorted(Invoice.objects.values_list("net_minor", flat=True))
    assert totals == [2_400, 2_900]
    assert PendingLine.objects.get().invoice.net_minor == 2_400


def test_a_draft_is_issued_once():
    draft = draft_invoice(order(buyer()), actor=RUN, now=NOW)
    outcomes = at_once([lambda: finalise_invoice(invoice_id=draft.pk, actor=RUN, now=NOW)] * 3)

    assert [each.number for each in outcomes] == ["INV-2026-000001"] * 3
    assert NumberSeries.objects.get().next_number == 2
    assert Posting.objects.filter(fact="invoice.finalised").count() == 1
