"""Writing off an invoice of ours that will not be paid: what is open is no claim any more, and no revenue."""

from datetime import datetime

from django.db import transaction

from billing.approvals import services as approvals
from billing.approvals.limits import lock_sums
from billing.approvals.models import Approval
from billing.approvals.rules import Verdict
from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import move
from billing.invoices import rules
from billing.invoices.crediting import unrendered
from billing.invoices.drafting import lock_with_customer
from billing.invoices.models import Invoice
from billing.invoices.voiding import refuse_while_paying
from billing.invoices.writing_off import FACT, open_on
from billing.ledger import rules as ledger
from billing.ledger.models import Posting
from billing.ledger.services import post
from billing.logs import add_facts, service
from billing.money import Money

__all__ = ["ACTION", "LONGEST_REASON", "verdict_on", "why_not", "write_off", "write_off_allowed"]

ACTION = "write_off"
LONGEST_REASON = 200


def why_not(invoice: Invoice, open_minor: int) -> str:
    """What speaks against writing it off, in a sentence; empty where nothing does. Pure."""
    if invoice.gateway:
        return f"{invoice.label} was issued at the gateway. Mark it uncollectible there; the desk follows."
    if invoice.state == "draft":
        return f"{invoice.label} is a draft: nothing is owed on it. Discard it instead."
    if invoice.state == "uncollectible":
        return f"{invoice.label} is written off already."
    if invoice.state != "open" or open_minor <= 0:
        return f"{invoice.label} is {invoice.state}: nothing is open on it."
    return ""


def verdict_on(invoice: Invoice, open_minor: int, *, actor: Actor, now: datetime) -> Verdict:
    """Whether a second person must say yes, for showing it before; promises nothing."""
    amount = Money(open_minor, invoice.currency)
    return approvals.judge(ACTION, amount, customer_id=invoice.customer_id, actor=actor, now=now)


@service("invoices")
@transaction.atomic
def write_off(
    *, invoice_id: int, reason: str, actor: Actor, form_key: str, now: datetime
) -> Invoice | Approval:
    """Makes an open invoice of ours uncollectible, or above the person's limit asks a second one: then an
    `Approval`, and nothing is written off.

    What was never rendered leaves deferred revenue, the rest is bad debt, tax included. Nothing collects it
    any more; what is paid after all is booked as recovered. The same form again gives the first answer.
    Raises `InvalidInput` without a reason; `Conflict` for one on which nothing is open, a gateway's, or one
    that is being paid.
    """
    reason = _checked(reason)
    invoice = lock_with_customer(invoice_id)
    asked = Approval.objects.filter(form_key=form_key, action=ACTION).exists()
    if not asked and invoice.state == "uncollectible" and not invoice.gateway:
        return invoice
    amount = Money(max(0, open_on(invoice)), invoice.currency)
    if not asked:
        _refuse(invoice, amount.minor)
    lock_sums(ACTION, invoice.customer_id, actor)
    verdict = approvals.judge(ACTION, amount, customer_id=invoice.customer_id, actor=actor, now=now)
    if asked or verdict.needed:
        return approvals.ask(
            action=ACTION, target=invoice, label=invoice.label, amount=amount, reason=reason,
            rule=verdict.rule, params={"invoice": invoice.pk}, customer_id=invoice.customer_id, actor=actor,
            now=now, form_key=form_key,
        )  # fmt: skip
    approvals.use(ACTION, amount, subject=invoice, customer_id=invoice.customer_id, actor=actor, now=now)
    return write_off_allowed(invoice, reason=reason, actor=actor, now=now)


def write_off_allowed(invoice: Invoice, *, reason: str, actor: Actor, now: datetime) -> Invoice:
    """The write-off itself, whoever allowed it; the caller holds the invoice behind its customer."""
    amount = Money(max(0, open_on(invoice)), invoice.currency)
    _refuse(invoice, amount.minor)
    times = Posting.objects.filter(subject_kind="invoice", subject_id=invoice.pk, fact=FACT).count()
    draft = ledger.write_off(
        f"{invoice.reference}:{times + 1}" if times else invoice.reference,
        amount=amount,
        unrendered=Money(unrendered(invoice, now), invoice.currency),
    )
    post(draft, actor=actor, now=now, customer_id=invoice.customer_id, subject=invoice, effective_at=now)
    also = {"uncollectible_at": now, "collect_at": None}
    move(
        invoice, rules.MACHINE, "uncollectible", actor=actor, now=now, reason=reason, money=amount, also=also
    )
    add_facts(invoice=invoice.label, amount=str(amount))
    return invoice


def _refuse(invoice: Invoice, open_minor: int) -> None:
    if sentence := why_not(invoice, open_minor):
        raise Conflict("not_to_be_written_off", sentence)
    refuse_while_paying(invoice)


def _checked(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise InvalidInput("reason_missing", "Reason: say why, for whoever reads it later.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(
            "reason_too_long", f"Reason: use {LONGEST_REASON} characters at most.", field="reason"
        )
    return reason
