"""Invoices under many hands: one for its cause, numbers without gap or double, what waits taken once."""

from contextlib import contextmanager
from threading import Event
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction

from billing.errors import Conflict
from billing.ids import form_key
from billing.invoices.crediting import unrendered
from billing.invoices.drafting import draft_invoice, finalise_invoice
from billing.invoices.giving_up import write_off
from billing.invoices.issuing import write_invoices
from billing.invoices.pending import add_pending
from billing.models import Customer, Invoice, NumberSeries, PendingLine, Posting
from billing.payments.applying import apply_to_ours
from billing.payments.following import follow
from billing.payments.settling import settle
from tests import make
from tests.billing.invoices.orders import NOW, RUN, buyer, credit, order
from tests.books import what_is_broken
from tests.races.harness import at_once, meeting, refused, went_through, without_trigger

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


def paid_and_given_up():
    """An open invoice, and what pays it and what writes it off."""
    (invoice,) = write_invoices([order(buyer())], actor=RUN, now=NOW)
    payment = make.payment(
        invoice.customer, amount_minor=3_509, captured_minor=3_509, invoice=invoice, currency="EUR"
    )

    def pay():
        with transaction.atomic():
            invoices = apply_to_ours([payment], actor=RUN, now=NOW)
            settle([payment], actor=RUN, now=NOW)
            follow(invoices, actor=RUN, now=NOW)

    def give_up():
        write_off(invoice_id=invoice.pk, reason="Dissolved", actor=RUN, form_key=form_key(), now=NOW)

    return invoice, pay, give_up


def test_paying_and_writing_off_in_the_same_second_leave_one_story():
    for _ in range(4):
        invoice, pay, give_up = paid_and_given_up()
        outcomes = at_once([pay, give_up])
        invoice.refresh_from_db()
        # Whoever was first: the money is there, and was recovered or left nothing to write off.
        assert invoice.state == "paid"
        assert [type(each) for each in refused(outcomes)] in ([], [Conflict])
    assert not {"receivable_is_owed", "customer_balance_is_theirs"} & set(what_is_broken())


def test_without_its_lock_what_was_paid_is_written_off():
    broken = 0
    for _ in range(4):
        invoice, pay, give_up = paid_and_given_up()
        read, paid = Event(), Event()

        def then_slowly(*args, read=read, paid=paid):
            read.set()
            paid.wait(20)
            return unrendered(*args)

        def pay_in_between(read=read, paid=paid, pay=pay):
            read.wait(20)
            pay()
            paid.set()

        plain = patch("billing.invoices.giving_up.lock_with_customer", lambda pk: Invoice.objects.get(pk=pk))
        with (
            plain,
            patch("billing.invoices.giving_up.unrendered", then_slowly),
            without_trigger("billing_invoice", "invoice_moves_only_as_listed"),
        ):
            outcomes = at_once([pay_in_between, give_up])
        invoice.refresh_from_db()
        assert refused(outcomes) == []
        broken += invoice.state == "uncollectible"
    assert broken > 2, "paid, and given up all the same"
    assert "receivable_is_owed" in what_is_broken()
