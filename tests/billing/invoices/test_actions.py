"""What is done with single invoices: drafts, voiding, correcting by crediting and issuing anew."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from billing.credits.store import give_store_credit
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import person
from billing.invoices.billed import billed_lines, taken_back
from billing.invoices.composing import TakenBack
from billing.invoices.crediting import credit_invoice, left_of_lines
from billing.invoices.drafting import discard_draft, draft_invoice, finalise_invoice, preview_order
from billing.invoices.issuing import write_invoices
from billing.invoices.pending import add_pending, withdraw_pending
from billing.invoices.reissuing import correct_and_reissue
from billing.invoices.voiding import void_invoice
from billing.models import (
    CreditAccount,
    CreditNote,
    HistoryEntry,
    Invoice,
    InvoiceLine,
    NumberSeries,
    PendingLine,
    Posting,
)
from billing.money import Money
from tests import make
from tests.billing.invoices.orders import NOW, RUN, buyer, credit, order, piece
from tests.books import what_is_broken

pytestmark = pytest.mark.django_db
TOVE = person(3, "Tove Ahlgren")


def write(*orders, **more):
    return write_invoices(orders, **({"actor": RUN, "now": NOW} | more))


def void(invoice, **more):
    told = {
        "reason": "Billed by mistake",
        "actor": TOVE,
        "form_key": "void-1",
        "now": NOW + timedelta(hours=1),
    }
    return void_invoice(invoice_id=invoice.pk, **(told | more))


def reissue(invoice, **more):
    told = {"reason": "Wrong name", "actor": TOVE, "form_key": "again-1", "now": NOW + timedelta(hours=1)}
    return correct_and_reissue(invoice_id=invoice.pk, **(told | more))


def wait(customer, *pieces, cause="one-off", **more):
    told = {"subscription_id": None, "currency": "EUR", "actor": TOVE, "now": NOW}
    return add_pending(pieces, customer_id=customer.pk, cause=cause, **(told | more))


def balance() -> int:
    return sum(CreditAccount.objects.filter(unit="money").values_list("balance", flat=True))


def test_a_preview_writes_nothing_and_shows_the_lines():
    customer = buyer()
    wait(customer, piece(500, kind="one_off", description="Training"))
    invoice, lines = preview_order(order(customer), now=NOW)

    assert (invoice.state, invoice.number, invoice.total_minor, invoice.pk) == ("draft", None, 4_114, None)
    assert [(line.description, line.net_minor) for line in lines] == [
        ("Pro, monthly", 2_900),
        ("Training", 500),
    ]
    assert not Invoice.objects.exists()
    with pytest.raises(Conflict, match="nothing to bill"):
        preview_order(order(buyer(), credit(100)), now=NOW)


def test_a_draft_is_issued_with_the_customer_of_that_day():
    customer = buyer("DE")
    wait(customer, piece(500, kind="one_off", description="Training"))
    draft = draft_invoice(order(customer), actor=RUN, now=NOW)
    assert (draft.tax_minor, draft.treatment) == (646, "oss")
    assert PendingLine.objects.get().invoice == draft

    customer.identity.tax_id = "DE811569869"
    customer.identity.save()
    issued = finalise_invoice(invoice_id=draft.pk, actor=TOVE, now=NOW + timedelta(days=1), collect="charge")
    assert (issued.pk, issued.number, issued.state) == (draft.pk, "INV-2026-000001", "open")
    assert (issued.treatment, issued.tax_minor, issued.total_minor) == ("reverse_charge", 0, 3_400)
    assert issued.collect_at == issued.finalised_at == NOW + timedelta(days=1)
    issued.refresh_from_db()
    assert [x.treatment for x in issued.lines.all()] == ["reverse_charge"] * 2
    assert finalise_invoice(invoice_id=draft.pk, actor=TOVE, now=NOW).number == issued.number
    assert NumberSeries.objects.get().next_number == 2
    states = HistoryEntry.objects.filter(subject_kind="invoice", kind="state").order_by("pk")
    assert list(states.values_list("from_state", "to_state")) == [("", "draft"), ("draft", "open")]
    assert what_is_broken() == {}


def test_a_draft_paid_by_store_credit():
    customer = buyer()
    give_store_credit(
        customer_id=customer.pk, amount=Money(5_000, "EUR"), actor=TOVE, now=NOW - timedelta(days=1), key="g",
        reason="A gesture",
    )  # fmt: skip
    draft = draft_invoice(order(customer), actor=RUN, now=NOW)
    issued = finalise_invoice(invoice_id=draft.pk, actor=TOVE, now=NOW)

    assert (issued.state, issued.paid_at) == ("paid", NOW)
    assert balance() == 5_000 - 3_509
    assert what_is_broken() == {}


def test_a_discarded_draft_lets_wait_again_what_waited():
    customer = buyer()
    wait(customer, piece(500, kind="one_off", description="Training"))
    draft = draft_invoice(order(customer), actor=RUN, now=NOW)
    discard_draft(invoice_id=draft.pk, reason="Not this month", actor=TOVE, now=NOW)

    assert not Invoice.objects.exists()
    assert PendingLine.objects.get().invoice is None
    (issued,) = write(order(customer))
    with pytest.raises(Conflict, match="no draft"):
        discard_draft(invoice_id=issued.pk, reason="", actor=TOVE, now=NOW)
    with pytest.raises(Missing):
        finalise_invoice(invoice_id=0, actor=TOVE, now=NOW)
    with pytest.raises(Conflict, match="the gateway's"):
        theirs = make.invoice(state="draft", gateway="stripe", gateway_id="in_1")
        finalise_invoice(invoice_id=theirs.pk, actor=TOVE, now=NOW)


def test_pending_lines_are_added_once_and_withdrawn_while_they_wait():
    customer = buyer()
    (first,) = wait(customer, credit(500))
    (again,) = wait(customer, credit(500))
    assert first == again
    withdraw_pending(pending_id=first.pk, reason="Undone", actor=TOVE, now=NOW)
    assert not PendingLine.objects.exists()

    (taken,) = wait(customer, credit(500))
    write(order(customer))
    with pytest.raises(Conflict, match="has taken this line"):
        withdraw_pending(pending_id=taken.pk, reason="Undone", actor=TOVE, now=NOW)
    with pytest.raises(Missing):
        withdraw_pending(pending_id=0, reason="", actor=TOVE, now=NOW)
    with pytest.raises(InvalidInput):
        wait(customer, credit(500), cause="")
    with pytest.raises(Conflict):
        wait(buyer(), credit(500))


def test_a_void_invoice_leaves_nothing_in_the_books_but_its_number():
    customer = buyer()
    give_store_credit(
        customer_id=customer.pk, amount=Money(1_000, "EUR"), actor=TOVE, now=NOW - timedelta(days=1), key="g",
        reason="A gesture",
    )  # fmt: skip
    wait(customer, credit(500))
    (invoice,) = write(order(customer))
    assert balance() == 0
    done = void(invoice)

    assert (done.invoice.state, done.invoice.voided_at, done.note) == ("void", NOW + timedelta(hours=1), None)
    assert done.invoice.collect_at is None
    assert balance() == 1_000
    sums: dict[str, int] = {}
    for posting in Posting.objects.filter(subject_kind="invoice").prefetch_related("lines"):
        for line in posting.lines.all():
            sums[line.account] = sums.get(line.account, 0) + line.amount_minor
    assert set(sums.values()) == {0}
    # What it took waits again.
    assert [(x.amount_minor, x.invoice) for x in PendingLine.objects.order_by("pk")] == [
        (-500, invoice),
        (-500, None),
    ]
    assert void(invoice).invoice == invoice
    assert PendingLine.objects.count() == 2
    (following,) = write(order(customer))
    assert following.number == "INV-2026-000002"
    assert what_is_broken() == {}


def test_an_invoice_of_recognised_revenue_is_credited_instead_of_void():
    customer = buyer()
    (invoice,) = write(order(customer))
    recognise(NOW.replace(day=30))
    done = void(invoice, now=NOW + timedelta(days=14))

    assert done.note is not None and done.note.total_minor == 3_509
    assert done.invoice.state == "paid"
    assert void(invoice).note == done.note
    posting = Posting.objects.get(fact="credit_note.issued")
    assert {x.account: x.amount_minor for x in posting.lines.all()} == {
        "revenue": 2_900, "tax_payable": 609, "receivable": -3_509,
    }  # fmt: skip


def recognise(at):
    from billing.ledger import rules as ledger
    from billing.ledger.services import post

    draft = ledger.service_rendered(f"{at:%Y-%m}:EUR", amount=Money(2_900, "EUR"))
    post(draft, actor=RUN, now=at, effective_at=at)


def test_what_cannot_be_void():
    paid = make.invoice(state="paid")
    credited = write(order(buyer()))[0]
    credit_invoice(
        invoice_id=credited.pk, asked={credited.lines.get().pk: 100}, reason="x", memo="", actor=TOVE,
        form_key="c", now=NOW,
    )  # fmt: skip
    allocated = write(order(buyer()))[0]
    make.allocation(make.payment(allocated.customer, amount_minor=100), allocated)
    paying = write(order(buyer()))[0]
    make.payment(paying.customer, state="pending", invoice=paying, is_live=True, idempotency_key="k1")
    for invoice, sentence in (
        (paid, "is paid"),
        (credited, "has a credit note"),
        (allocated, "has been paid"),
        (paying, "under way"),
        (make.invoice(gateway="stripe", gateway_id="in_1", number=None), "issued at the gateway"),
        (draft_invoice(order(buyer()), actor=RUN, now=NOW), "Discard it"),
    ):
        with pytest.raises(Conflict, match=sentence):
            void(invoice, form_key="other")
    with pytest.raises(InvalidInput, match="Reason"):
        void(paying, reason=" ")


def test_a_wrong_name_is_mended_by_crediting_and_issuing_anew():
    customer = buyer("DE")
    (old,) = write(order(customer))
    customer.identity.name = "Brückner Feinmechanik AG"
    customer.identity.tax_id = "DE811569869"
    customer.identity.save()
    done = reissue(old)

    old.refresh_from_db()
    assert (done.note.total_minor, done.note.invoice, old.state) == (old.total_minor, old, "paid")
    assert (done.invoice.corrects, old.corrected_by) == (old, done.invoice)
    assert done.invoice.bill_to["name"] == "Brückner Feinmechanik AG"
    assert old.bill_to["name"] == "Brückner Feinmechanik GmbH"
    assert (done.invoice.treatment, done.invoice.total_minor) == ("reverse_charge", 2_900)
    assert done.invoice.tax_point == old.tax_point
    assert done.invoice.number == "INV-2026-000002"
    assert reissue(old) == done
    with pytest.raises(Conflict, match="issued anew"):
        reissue(old, form_key="again-2")
    assert reissue(done.invoice, form_key="again-3").invoice.corrects == done.invoice
    with pytest.raises(Conflict, match="form"):
        reissue(done.invoice)
    assert what_is_broken() == {}


def test_what_was_paid_pays_the_new_one():
    customer = buyer()
    (old,) = write(order(customer))
    give_store_credit(
        customer_id=customer.pk, amount=Money(10_000, "EUR"), actor=TOVE, now=NOW, key="g", reason="A gesture"
    )
    (paid,) = write(order(customer))
    assert paid.state == "paid"
    before = balance()
    done = reissue(paid)

    assert done.note.on_paid_minor == 3_509
    assert done.invoice.state == "paid"
    assert balance() == before
    assert old.number != done.invoice.number
    assert what_is_broken() == {}


def test_unused_time_at_another_rate_is_credited_line_by_line():
    customer = buyer("RO")
    (before,) = write(order(customer, tax_point=NOW.date().replace(year=2025, month=7, day=15)))
    back = TakenBack(Decimal(19), "oss", before.number, before.lines.get().pk)
    (old,) = write(order(customer, piece(5_900), credit(1_450, takes_back=back)))
    done = reissue(old)

    assert (done.note.net_minor, done.note.tax_minor) == (old.net_minor, old.tax_minor)
    assert [(x.net_minor, x.tax_minor) for x in done.note.lines.all()] == [(5_900, 1_239), (-1_450, -276)]
    assert done.invoice.total_minor == old.total_minor
    assert left_of_lines(old) == {old.lines.first().pk: 0}
    assert what_is_broken() == {}


def test_other_lines_may_be_billed_instead():
    (old,) = write(order(buyer()))
    done = reissue(old, pieces=[piece(1_000)])
    assert done.invoice.total_minor == 1_210


def test_what_cannot_be_mended_so():
    (part,) = write(order(buyer()))
    credit_invoice(
        invoice_id=part.pk, asked={part.lines.get().pk: 100}, reason="x", memo="", actor=TOVE, form_key="c",
        now=NOW,
    )  # fmt: skip
    (nothing,) = write(order(buyer(), piece(0)))
    for invoice, sentence in (
        (part, "has a credit note"),
        (nothing, "comes to nothing"),
        (make.invoice(gateway="stripe", gateway_id="in_1", number=None), "Credit it there"),
        (draft_invoice(order(buyer()), actor=RUN, now=NOW), "is draft"),
    ):
        with pytest.raises(Conflict, match=sentence):
            reissue(invoice)
    with pytest.raises(InvalidInput, match="Reason"):
        reissue(nothing, reason="")
    with pytest.raises(InvalidInput, match="form"):
        reissue(nothing, form_key="")
    assert CreditNote.objects.count() == 1


def test_what_was_billed_for_an_item_is_found_to_be_taken_back():
    customer = buyer()
    subscription = make.subscription(customer)
    item = subscription.items.get()
    (old,) = write(order(customer, piece(item_id=item.pk), subscription_id=subscription.pk))
    (void_one,) = write(order(customer, piece(item_id=item.pk), subscription_id=subscription.pk))
    void(void_one)
    (line,) = billed_lines([item.pk], NOW)[item.pk]

    assert line.invoice == old
    assert taken_back(line) == TakenBack(line.tax_rate, "standard", old.number, line.pk)
    assert billed_lines([item.pk], NOW + timedelta(days=60)) == {}
    done = reissue(old)
    assert [x.invoice for x in billed_lines([item.pk], NOW)[item.pk]] == [done.invoice]


@pytest.mark.parametrize(
    "columns",
    [
        {"cause": "other"},
        {"tax_point": NOW.date().replace(day=2)},
        {"tax_country": "DE"},
        {"treatment": "export"},
        {"tax_why": "Because."},
        {"seller": {}},
        {"bill_to": {}},
        {"evidence": {"country": "DE"}},
        {"corrects_id": None, "total_minor": 1},
        {"due_on": NOW.date()},
    ],
)
def test_an_issued_invoice_is_frozen(columns):
    (invoice,) = write(order(buyer()))
    with pytest.raises(IntegrityError, match="changes nothing but its state"), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(**columns)


@pytest.mark.parametrize("columns", [{"why": {}}, {"kind": "usage"}, {"treatment": "oss"}, {"item_id": 7}])
def test_issued_lines_are_frozen(columns):
    (invoice,) = write(order(buyer()))
    with pytest.raises(IntegrityError, match="lines are frozen"), transaction.atomic():
        InvoiceLine.objects.filter(invoice=invoice).update(**columns)


def test_when_to_collect_may_change_and_a_transfer_is_named_once():
    (invoice,) = write(order(buyer()))
    Invoice.objects.filter(pk=invoice.pk).update(collect_at=None)
    Invoice.objects.filter(pk=invoice.pk).update(outside_reference="NL91-4711")
    with pytest.raises(IntegrityError, match="was paid by transfer"), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(outside_reference="NL91-4712")


def test_pending_lines_are_only_taken():
    customer = buyer()
    (line,) = wait(customer, credit(500))
    with pytest.raises(IntegrityError, match="only taken"), transaction.atomic():
        PendingLine.objects.filter(pk=line.pk).update(amount_minor=-600)
    (invoice,) = write(order(customer))
    with pytest.raises(IntegrityError, match="issued invoice"), transaction.atomic():
        PendingLine.objects.filter(pk=line.pk).update(invoice=None)
    with pytest.raises(IntegrityError, match="issued invoice"), transaction.atomic():
        PendingLine.objects.filter(pk=line.pk).delete()
    line.refresh_from_db()
    assert line.invoice == invoice
