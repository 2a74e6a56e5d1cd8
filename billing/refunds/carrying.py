"""What a refund of an invoice does once it may: the note, the books, the credits, the subscription, the job.

The callers hold the locks and the transaction. The note is numbered last, so that no number is lost.
"""

from collections.abc import Mapping
from datetime import datetime

from billing.credits.models import CreditAccount
from billing.errors import Conflict
from billing.history.actors import Actor
from billing.history.services import move
from billing.invoices.crediting import lock_invoice, plan_credit, write_note
from billing.invoices.models import CreditNote, Invoice
from billing.invoices.numbering import number_credit_note
from billing.money import Money
from billing.refunds import locks, queue, rules
from billing.refunds.caps import left_of_invoice
from billing.refunds.clawing import claw_for
from billing.refunds.models import Refund
from billing.refunds.postings import post_approved, post_succeeded
from billing.subscriptions.canceling import cancel_subscription

__all__ = ["carry_out", "give_store_credit"]


def carry_out(refund: Refund, *, rule: str, actor: Actor, now: datetime, reason: str = "") -> CreditNote:
    """Brings a refund of an invoice on its way, as it was planned. Raises `Refused` where the invoice has
    been credited in between so that the plan no longer holds."""
    locks.lock_payment(pk=refund.payment_id)
    invoice = lock_invoice(refund.invoice_id or 0)
    money = Money(refund.amount_minor, refund.currency)
    fresh = refund.credit_note is None
    note = refund.credit_note or _note_of(refund, invoice, money, actor, now)
    if not fresh:
        _still_theirs(refund, money)
    move(
        refund,
        rules.MACHINE,
        "approved",
        actor=actor,
        now=now,
        money=money,
        reason=reason or rule,
        also={"allowed_by_rule": rule[:120], "credit_note": note},
    )
    post_approved(refund, actor=actor, now=now, at=now)
    if refund.destination == "outside":
        _by_hand(refund, money, actor, now)
    else:
        queue.enqueue_submit(refund.pk)
    if fresh:
        _besides(invoice, note, refund.plan.get("subscription", "keep"), actor, now)
        number_credit_note(note, now=now)
    return note


def give_store_credit(
    invoice: Invoice,
    lines: Mapping[int, int],
    *,
    reason: str,
    memo: str,
    subscription: str,
    form_key: str | None,
    actor: Actor,
    now: datetime,
) -> CreditNote:
    """Credits the locked invoice; what had been paid stays the customer's as store credit."""
    plan = plan_credit(invoice, lines)
    left = left_of_invoice(invoice)
    if plan.on_paid > left:
        raise Conflict("invoice_moved_on", f"Only {left} of {invoice.label} can still be given back.")
    note = write_note(invoice, plan, reason=reason, memo=memo, actor=actor, form_key=form_key, now=now)
    _besides(invoice, note, subscription, actor, now)
    number_credit_note(note, now=now)
    return note


def _note_of(refund: Refund, invoice: Invoice, money: Money, actor: Actor, now: datetime) -> CreditNote:
    plan = plan_credit(invoice, {int(line): amount for line, amount in refund.plan["lines"].items()})
    left = left_of_invoice(invoice, but=refund.pk)
    if plan.on_paid != money or plan.on_paid > left:
        raise Conflict(
            "invoice_moved_on",
            f"{invoice.label} was paid or credited since this was asked for: {min(plan.on_paid, left)} of it "
            "could go back now. Ask again.",
        )
    return write_note(
        invoice, plan, reason=refund.reason, memo=refund.note_to_customer, actor=actor, form_key=None, now=now
    )


def _besides(invoice: Invoice, note: CreditNote, subscription: str, actor: Actor, now: datetime) -> None:
    claw_for(
        [invoice], key=f"claw:{note.reference}", subject=("creditnote", note.pk),
        reason=f"{invoice.label} was refunded", actor=actor, now=now,
    )  # fmt: skip
    if subscription != "keep" and invoice.subscription_id:
        cancel_subscription(
            subscription_id=invoice.subscription_id,
            when="now" if subscription == "now" else "period_end",
            reason=f"{invoice.label} was refunded",
            actor=actor,
            now=now,
        )


def _by_hand(refund: Refund, money: Money, actor: Actor, now: datetime) -> None:
    """Paid from our bank: no gateway will tell, so it has succeeded by the word of who paid it."""
    reason = f"Transfer {refund.outside_reference}"
    move(refund, rules.MACHINE, "submitting", actor=actor, now=now, also={"submitted_at": now})
    move(
        refund, rules.MACHINE, "succeeded", actor=actor, now=now, money=money, reason=reason,
        also={"succeeded_at": now},
    )  # fmt: skip
    post_succeeded(refund, actor=actor, now=now, at=now)


def _still_theirs(refund: Refund, money: Money) -> None:
    account = CreditAccount.objects.filter(
        customer_id=refund.customer_id, unit="money", currency=money.currency
    ).first()
    have = Money(max(0, account.balance if account else 0), money.currency)
    if have < money:
        raise Conflict(
            "balance_is_used",
            f"The customer has used some of it: {have} of store credit is left, not {money}. "
            "Nothing more can go back for this credit note.",
        )
