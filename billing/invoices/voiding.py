"""Taking back an invoice that was wrong from the start."""

from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.db import transaction

from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import move
from billing.invoices import rules
from billing.invoices.crediting import check_creditable, plan_whole, unrendered, write_note
from billing.invoices.drafting import lock_with_customer
from billing.invoices.models import CreditNote, Invoice
from billing.invoices.numbering import number_credit_note
from billing.invoices.pending import as_piece, let_wait
from billing.invoices.recovering import written_off_deferred
from billing.ledger.models import Posting
from billing.ledger.services import reverse
from billing.logs import add_facts, service
from billing.money import Money

__all__ = ["Voided", "refuse_while_paying", "void_invoice"]

#: Facts about an invoice that voiding takes back; a payment's own are the payment's.
OURS = ("invoice.finalised", "invoice.written_off", "store_credit.used")


@dataclass(frozen=True, slots=True)
class Voided:
    """The invoice, void; or, where its revenue had been recognised, credited in full by ``note``."""

    invoice: Invoice
    note: CreditNote | None = None


@service("invoices")
@transaction.atomic
def void_invoice(*, invoice_id: int, reason: str, actor: Actor, form_key: str, now: datetime) -> Voided:
    """Takes an invoice of ours back as if it had not been: its posting, the store credit it used, and what it
    took of what waited, which waits again. Its number stays used.

    Where revenue was recognised from it, it is credited in full instead. Again gives the first answer. Raises
    `InvalidInput` without a reason; `Conflict` for one that is paid, credited, a gateway's or being paid.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", "Reason: say why, for whoever reads it later.", field="reason")
    invoice = lock_with_customer(invoice_id)
    if invoice.state == "void":
        return Voided(invoice)
    if made := CreditNote.objects.filter(form_key=form_key, invoice=invoice).first():
        return Voided(invoice, made)
    _refuse(invoice)
    if unrendered(invoice, now) + written_off_deferred(invoice.pk) < invoice.net_minor:
        check_creditable(invoice)
        note = write_note(
            invoice, plan_whole(invoice), reason="void", memo=reason, actor=actor, form_key=form_key, now=now
        )
        number_credit_note(note, now=now)
        invoice.refresh_from_db()
        return Voided(invoice, note)
    _take_back_postings(invoice, actor=actor, now=now)
    waited = [as_piece(row) for row in invoice.pending_lines.order_by("pk")]
    whose = (invoice.customer_id, invoice.subscription_id, invoice.currency)
    let_wait([(waited, whose, f"void:{invoice.reference}")], now=now)
    money = Money(invoice.total_minor, invoice.currency)
    also = {"voided_at": now, "collect_at": None}
    move(invoice, rules.MACHINE, "void", actor=actor, now=now, reason=reason, money=money, also=also)
    add_facts(invoice=invoice.number, amount=str(money))
    return Voided(invoice)


def refuse_while_paying(invoice: Invoice) -> None:
    """Raises `Conflict` while a payment of the invoice is under way: what comes of it is not known yet."""
    # Payments stand floors above: the table is read, nothing of theirs is called.
    if apps.get_model("billing", "Payment").objects.filter(invoice=invoice, is_live=True).exists():
        raise Conflict(
            "payment_under_way",
            f"A payment of {invoice.label} is under way. Wait until it is known what came of it.",
            retry_helps=True,
        )


def _refuse(invoice: Invoice) -> None:
    if invoice.gateway:
        raise Conflict(
            "invoice_of_a_gateway",
            f"{invoice.label} was issued at the gateway. Void it there; the desk follows.",
        )
    if invoice.state == "draft":
        raise Conflict("draft_is_discarded", f"{invoice.label} is a draft. Discard it instead.")
    allocations = apps.get_model("billing", "PaymentAllocation").objects.filter(
        invoice=invoice, payment__state="succeeded"
    )
    if allocations.exists():
        raise Conflict(
            "invoice_is_paid", f"{invoice.label} has been paid, in whole or in part. Credit it instead."
        )
    if invoice.credit_notes.filter(voided_at=None).exists():
        raise Conflict("invoice_is_credited", f"{invoice.label} has a credit note. Credit the rest instead.")
    if invoice.state == "paid":
        raise Conflict("invoice_is_paid", f"{invoice.label} is paid. Credit it instead.")
    refuse_while_paying(invoice)


def _take_back_postings(invoice: Invoice, *, actor: Actor, now: datetime) -> None:
    live = Posting.objects.filter(
        subject_kind="invoice", subject_id=invoice.pk, fact__in=OURS, reversed_by__isnull=True
    )
    for posting in live.order_by("-id"):
        fact, _, reference = posting.cause.partition(":")
        cause = "invoice.voided" if fact == "invoice.finalised" else f"{fact}.reversed"
        reverse(posting, cause=f"{cause}:{reference}", actor=actor, now=now)
