"""Writing off an invoice of ours: the books, the limits, and what happens when it is paid after all."""

from datetime import timedelta

import pytest

from billing.approvals import services as approvals
from billing.approvals.models import Approval, LimitUse
from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.ids import form_key
from billing.invoices.crediting import credit_invoice
from billing.invoices.giving_up import write_off
from billing.invoices.issuing import write_invoices
from billing.invoices.recovering import recoverable_on
from billing.invoices.voiding import void_invoice
from billing.ledger.models import PostingLine
from billing.models import HistoryEntry, Invoice, Payment
from billing.payments.applying import apply_to_ours
from billing.payments.following import follow
from billing.payments.outside import mark_paid_outside
from billing.payments.settling import settle
from tests import make
from tests.billing.invoices.orders import NOW, RUN, buyer, order, piece
from tests.books import what_is_broken

pytestmark = pytest.mark.django_db
NOT_TOLD = {"states_are_told", "mrr_is_its_movements"}

INES = Actor("person", "staff:2", "Ines Marchetti", frozenset({"finance"}))
RUTH = Actor("person", "staff:4", "Ruth Adeyemi", frozenset({"admin"}))


def issued(amount: int = 2_900) -> Invoice:
    (invoice,) = write_invoices([order(buyer(), piece(amount))], actor=RUN, now=NOW)
    return invoice


def give_up(invoice: Invoice, actor: Actor = INES, **more):
    told = {"reason": "The company is dissolved", "form_key": form_key(), "now": NOW, **more}
    made = write_off(invoice_id=invoice.pk, actor=actor, **told)
    invoice.refresh_from_db()
    return made


def approve(asked: Approval) -> Approval:
    return approvals.approve(
        approval_id=asked.pk, reason="Seen in the register", actor=RUTH, now=NOW, check=lambda _: None
    )


def sums(of: Invoice) -> dict[str, int]:
    found: dict[str, int] = {}
    rows = PostingLine.objects.filter(posting__customer_id=of.customer_id)
    for account, minor in rows.values_list("account", "amount_minor"):
        found[account] = found.get(account, 0) + minor
    return {account: minor for account, minor in found.items() if minor}


def pay(invoice: Invoice, amount: int) -> Payment:
    """A payment that was made for it comes in."""
    payment = make.payment(
        invoice.customer, amount_minor=amount, captured_minor=amount, invoice=invoice, currency="EUR"
    )
    invoices = apply_to_ours([payment], actor=RUN, now=NOW)
    settle([payment], actor=RUN, now=NOW)
    follow(invoices, actor=RUN, now=NOW)
    invoice.refresh_from_db()
    return payment


def test_what_is_open_is_no_claim_any_more():
    invoice = issued()
    give_up(invoice)

    assert (invoice.state, invoice.uncollectible_at, invoice.collect_at) == ("uncollectible", NOW, None)
    # Nothing was rendered: the net leaves deferred revenue, the tax stays owed and is the loss.
    assert sums(invoice) == {"tax_payable": -609, "bad_debt": 609}
    told = HistoryEntry.objects.get(subject_kind="invoice", subject_id=invoice.pk, to_state="uncollectible")
    assert (told.reason, told.actor_ref) == ("The company is dissolved", "staff:2")
    assert set(what_is_broken()) <= NOT_TOLD


def test_what_was_paid_in_part_is_no_loss():
    invoice = issued()
    pay(invoice, 1_000)
    give_up(invoice)
    assert recoverable_on([invoice.pk]) == {invoice.pk: 3_509 - 1_000}
    assert set(what_is_broken()) <= NOT_TOLD


def test_the_same_form_twice_writes_off_once():
    invoice, key = issued(), form_key()
    for _ in range(2):
        give_up(invoice, form_key=key)
    assert recoverable_on([invoice.pk]) == {invoice.pk: 3_509}


def test_a_payment_after_all_is_recovered():
    invoice = issued()
    give_up(invoice)
    pay(invoice, 3_509)

    assert invoice.state == "paid"
    assert sums(invoice) == {
        "gateway_clearing": 3_509,
        "bad_debts_recovered": -3_509,
        "bad_debt": 609,
        "tax_payable": -609,
    }
    assert recoverable_on([invoice.pk]) == {}
    assert set(what_is_broken()) <= NOT_TOLD


def test_a_part_that_comes_leaves_the_rest_written_off():
    invoice = issued()
    give_up(invoice)
    pay(invoice, 1_000)
    assert invoice.state == "uncollectible"
    assert recoverable_on([invoice.pk]) == {invoice.pk: 2_509}
    pay(invoice, 3_000)
    assert invoice.state == "paid"
    assert sums(invoice)["customer_balance"] == -491, "what is too much is theirs"
    assert set(what_is_broken()) <= NOT_TOLD


def test_a_transfer_to_our_bank_after_all_is_recovered_too():
    invoice = issued()
    give_up(invoice)
    mark_paid_outside(
        invoice_id=invoice.pk, reference="NL91-77", paid_on=NOW.date(), reason="", actor=INES,
        form_key=form_key(), now=NOW,
    )  # fmt: skip
    invoice.refresh_from_db()
    assert invoice.state == "paid"
    assert (sums(invoice)["bank"], sums(invoice)["bad_debts_recovered"]) == (3_509, -3_509)
    assert set(what_is_broken()) <= NOT_TOLD


def test_a_recovery_that_is_taken_back_is_owed_again_and_may_be_written_off_again():
    invoice = issued()
    give_up(invoice)
    payment = pay(invoice, 3_509)
    Payment.objects.filter(pk=payment.pk).update(state="reversed")
    settle([payment], actor=RUN, now=NOW)
    invoice.refresh_from_db()
    assert invoice.state == "open"
    assert set(what_is_broken()) <= NOT_TOLD

    give_up(invoice)
    assert recoverable_on([invoice.pk]) == {invoice.pk: 3_509}
    # The net had left deferred revenue before: this time all of it is loss.
    assert sums(invoice)["bad_debt"] == 609 + 3_509
    assert set(what_is_broken()) <= NOT_TOLD


def test_a_credit_note_lessens_the_loss():
    invoice = issued()
    give_up(invoice)
    line = invoice.lines.get()
    credit_invoice(
        invoice_id=invoice.pk, asked={line.pk: 3_509}, reason="duplicate", memo="", actor=INES,
        form_key=form_key(), now=NOW,
    )  # fmt: skip
    invoice.refresh_from_db()
    assert recoverable_on([invoice.pk]) == {}
    assert "receivable" not in sums(invoice)
    assert set(what_is_broken()) <= NOT_TOLD


def test_it_can_still_be_voided():
    invoice = issued()
    give_up(invoice)
    void_invoice(invoice_id=invoice.pk, reason="Wrong customer", actor=INES, form_key=form_key(), now=NOW)
    invoice.refresh_from_db()
    assert invoice.state == "void"
    assert sums(invoice) == {}
    assert set(what_is_broken()) <= NOT_TOLD


def test_without_a_reason_nothing_is_written_off():
    with pytest.raises(InvalidInput, match="Reason: say why"):
        give_up(issued(), reason="  ")


def test_what_cannot_be_written_off_says_why():
    paid = issued()
    pay(paid, 3_509)
    with pytest.raises(Conflict, match="nothing is open on it"):
        give_up(paid)
    theirs = make.invoice(gateway="stripe", gateway_id="in_77", state="open")
    with pytest.raises(Conflict, match="issued at the gateway"):
        give_up(theirs)
    waiting = issued()
    make.payment(
        waiting.customer, state="pending", invoice=waiting, captured_minor=0, idempotency_key="charge:77",
        is_live=True, succeeded_at=None,
    )  # fmt: skip
    with pytest.raises(Conflict, match="is under way"):
        give_up(waiting)


def test_above_the_limit_a_second_person_decides():
    invoice = issued(300_000)
    asked = give_up(invoice)
    assert isinstance(asked, Approval)
    assert (asked.action, asked.target_id, invoice.state) == ("write_off", invoice.pk, "open")

    approve(asked)
    invoice.refresh_from_db()
    asked.refresh_from_db()
    assert (invoice.state, asked.state) == ("uncollectible", "executed")
    assert set(what_is_broken()) <= NOT_TOLD


def test_a_request_whose_invoice_was_paid_in_part_is_void():
    invoice = issued(300_000)
    asked = give_up(invoice)
    pay(invoice, 1_000)
    with pytest.raises(Conflict):
        approve(asked)
    asked.refresh_from_db()
    invoice.refresh_from_db()
    assert (asked.state, invoice.state) == ("voided", "open")


def test_many_small_ones_in_a_day_come_to_the_limit():
    for _ in range(4):
        assert isinstance(give_up(issued(200_000)), Invoice)
    assert isinstance(give_up(issued(200_000)), Approval)
    assert LimitUse.objects.filter(action="write_off", actor_ref="staff:2").count() == 4
    later = give_up(issued(200_000), now=NOW + timedelta(days=2))
    assert isinstance(later, Invoice)
