"""Refunding an invoice: a credit note that says for what, and where the money goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from billing.approvals import services as approvals
from billing.approvals.models import Approval
from billing.approvals.rules import Verdict
from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import move, record
from billing.ids import new_reference
from billing.invoices.crediting import Plan, lock_invoice, plan_credit
from billing.invoices.models import CreditNote, Invoice
from billing.logs import add_facts, note_odd, service
from billing.money import Money
from billing.payments.models import Payment, PaymentAllocation
from billing.refunds import carrying, locks, rules, telling
from billing.refunds.approving import ACTION, bound_params, bound_reason
from billing.refunds.caps import left_of_invoice
from billing.refunds.models import Refund
from billing.refunds.queries import payment_facts, refundable_of
from billing.refunds.store_credit import CREDIT
from billing.subscriptions.canceling import why_not_here

__all__ = ["DESTINATIONS", "SUBSCRIPTION", "Asked", "Outcome", "refund_invoice"]

DESTINATIONS = ("original_payment", "store_credit", "outside")
SUBSCRIPTION = ("keep", "period_end", "now")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants done. ``lines`` are gross minor units by the line's id; ``payment_id`` is needed
    unless the money stays as store credit."""

    invoice_id: int
    lines: Mapping[int, int]
    reason: str
    destination: str = "original_payment"
    payment_id: int | None = None
    subscription: str = "keep"
    note_internal: str = ""
    note_to_customer: str = ""
    outside_reference: str = ""

    @property
    def plan(self) -> dict[str, Any]:
        """As it is kept with a refund, and bound to a second person's yes."""
        lines = {str(line): amount for line, amount in sorted(self.lines.items()) if amount}
        return {"lines": lines, "subscription": self.subscription}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: the note and the refund that were made, or the request that waits."""

    note: CreditNote | None
    refund: Refund | None
    approval: Approval | None = None


@service("refunds")
def refund_invoice(
    asked: Asked,
    *,
    actor: Actor,
    form_key: str,
    now: datetime,
    allowed_by: str = "",
    write_to_customer: bool = False,
) -> Outcome:
    """Makes a credit note over lines of one of our invoices and sends its paid part where it should go.

    Within two caps under one lock: what is left of the payment, and of the invoice. Takes back the credits
    that were granted for the money, and does to the subscription what was chosen, in the same transaction.
    Above somebody's limit nothing of this is done before a second person's yes. ``allowed_by`` says which yes
    a refund stands under already, as that to a whole run; limits are then not asked. One form acts once.
    Raises `InvalidInput` naming the field, `Conflict` for what cannot be refunded like this.
    """
    if not form_key or len(form_key) > 64:
        raise InvalidInput("form_key_missing", "This form was not made by the desk. Open it again.")
    _check_choices(asked)
    try:
        with transaction.atomic():
            # The payment before the invoice, as whoever applies payments does.
            payment = locks.lock_payment(pk=asked.payment_id) if asked.payment_id else None
            invoice = lock_invoice(asked.invoice_id)
            if made := _made_before(form_key, asked):
                return made
            plan = _check(asked, invoice, payment)
            if asked.destination == "store_credit" or payment is None or plan.on_paid.is_zero:
                outcome = _as_store_credit(asked, invoice, plan, actor, form_key, now)
            else:
                outcome = _as_refund(asked, invoice, payment, plan, actor, form_key, now, allowed_by)
                if write_to_customer and outcome.refund is not None:
                    telling.promise(outcome.refund, actor=actor, now=now)
    except IntegrityError as error:
        if "form_key" not in str(error):
            raise
        again = _made_before(form_key, asked)
        if again is None:
            raise
        return again
    add_facts(
        invoice=invoice.reference,
        amount=str(plan.total),
        refund=outcome.refund.reference if outcome.refund else "",
        note=outcome.note.label if outcome.note else "",
    )
    return outcome


def _check_choices(asked: Asked) -> None:
    if asked.destination not in DESTINATIONS:
        raise InvalidInput("destination_unknown", "Where to: choose one from the list.", field="destination")
    if asked.subscription not in SUBSCRIPTION:
        raise InvalidInput("when_unknown", "Subscription: choose what becomes of it.", field="subscription")
    if asked.destination == "outside" and not asked.outside_reference.strip():
        raise InvalidInput(
            "outside_reference_missing",
            "Transfer's reference: paid from our bank, it needs the bank's own reference.",
            field="outside_reference",
        )
    if len(asked.outside_reference) > 64:
        raise InvalidInput(
            "outside_reference_long", "Transfer's reference: use 64 characters at most.",
            field="outside_reference",
        )  # fmt: skip


def _check(asked: Asked, invoice: Invoice, payment: Payment | None) -> Plan:
    """Everything that can be refused, under both locks."""
    plan = plan_credit(invoice, asked.lines)
    _check_subscription(asked, invoice)
    left = left_of_invoice(invoice)
    if plan.on_paid > left:
        raise InvalidInput(
            "amount_above_invoice",
            f"Lines: {plan.on_paid} is more than the {left} of {invoice.label} that was paid and has not "
            f"gone back. Enter {left} or less.",
        )
    text = {"note_internal": asked.note_internal, "note_to_customer": asked.note_to_customer}
    if plan.on_paid.is_zero or asked.destination == "store_credit":
        rules.check_words(asked.reason, **text)
        return plan
    if payment is None:
        raise Conflict(
            "no_payment_to_refund",
            f"{invoice.label} was not paid by a payment that the desk knows. Give it as store credit.",
        )
    if not PaymentAllocation.objects.filter(payment=payment, invoice=invoice).exists():
        raise Conflict("another_payment", f"{payment.reference} did not pay {invoice.label}.")
    rules.check_refund(
        plan.on_paid,
        left=refundable_of(payment, with_note=True).left,
        payment=payment_facts(payment),
        reason=asked.reason,
        outside=asked.destination == "outside",
        **text,
    )
    return plan


def _check_subscription(asked: Asked, invoice: Invoice) -> None:
    if asked.subscription == "keep":
        return
    if invoice.subscription is None:
        raise InvalidInput(
            "no_subscription",
            "Subscription: this invoice bills none. Choose to leave it.",
            field="subscription",
        )
    if refusal := why_not_here(invoice.subscription):
        raise InvalidInput("subscription_not_ours", f"Subscription: {refusal}", field="subscription")


def _as_store_credit(
    asked: Asked, invoice: Invoice, plan: Plan, actor: Actor, form_key: str, now: datetime
) -> Outcome:
    verdict = approvals.use(
        ACTION, plan.total, subject=invoice, customer_id=invoice.customer_id, actor=actor, now=now
    )
    words = asked.note_internal.strip()
    if not verdict.needed:
        return Outcome(
            carrying.give_store_credit(
                invoice, asked.lines, reason=asked.reason, memo=asked.note_to_customer,
                subscription=asked.subscription, form_key=form_key, actor=actor, now=now,
            ),
            None,
        )  # fmt: skip
    label = rules.REASON_LABELS[asked.reason]
    approval = approvals.ask(
        action=CREDIT,
        target=invoice,
        label=invoice.label,
        amount=plan.total,
        reason=f"{label}: {words}" if words else label,
        rule=verdict.rule,
        params=asked.plan
        | {"reason": asked.reason, "memo": asked.note_to_customer, "invoice": invoice.reference},
        customer_id=invoice.customer_id,
        actor=actor,
        now=now,
        form_key=form_key,
    )
    return Outcome(None, None, approval)


def _as_refund(
    asked: Asked,
    invoice: Invoice,
    payment: Payment,
    plan: Plan,
    actor: Actor,
    form_key: str,
    now: datetime,
    allowed_by: str,
) -> Outcome:
    amount = plan.on_paid
    outside = asked.destination == "outside"
    refund = Refund.objects.create(
        reference=new_reference("REF", now.date()),
        form_key=form_key,
        payment=payment,
        invoice=invoice,
        customer_id=payment.customer_id,
        state="draft",
        origin="desk",
        gateway="" if outside else payment.gateway,
        destination=asked.destination,
        outside_reference=asked.outside_reference.strip() if outside else "",
        plan=asked.plan,
        reason=asked.reason,
        currency=amount.currency,
        amount_minor=amount.minor,
        from_balance_minor=amount.minor,
        note_internal=asked.note_internal.strip(),
        note_to_customer=asked.note_to_customer.strip(),
        asked_by_ref=actor.ref,
        asked_by_name=actor.name,
        created_at=now,
    )
    record(refund, "state", to_state="draft", money=amount, reason=asked.reason, actor=actor, now=now)
    verdict = (
        Verdict(False, allowed_by)
        if allowed_by
        else approvals.use(
            ACTION, amount, subject=refund, customer_id=refund.customer_id, actor=actor, now=now
        )
    )
    if not verdict.needed:
        note = carrying.carry_out(refund, rule=verdict.rule, actor=actor, now=now)
        return Outcome(note, refund)
    return Outcome(None, refund, ask_for(refund, amount, verdict.rule, actor, now))


def ask_for(refund: Refund, amount: Money, rule: str, actor: Actor, now: datetime) -> Approval:
    """The amount is held from here on, and nothing is posted before somebody else has said yes."""
    move(refund, rules.MACHINE, "pending_approval", actor=actor, now=now, money=amount, reason=rule)
    return approvals.ask(
        action=ACTION,
        target=refund,
        label=refund.reference,
        amount=amount,
        reason=bound_reason(refund),
        rule=rule,
        params=bound_params(refund),
        customer_id=refund.customer_id,
        actor=actor,
        now=now,
    )


def _made_before(form_key: str, asked: Asked) -> Outcome | None:
    """What this form made the first time, if it did; `Conflict` where it asked for something else then."""
    refund = Refund.objects.select_related("credit_note").filter(form_key=form_key).first()
    note = CreditNote.objects.filter(form_key=form_key).first()
    approval = Approval.objects.filter(form_key=form_key).first()
    if refund is not None:
        was = (refund.invoice_id, refund.plan, refund.destination)
        if was == (asked.invoice_id, asked.plan, asked.destination):
            note_odd("refunds.form_sent_again", refund=refund.reference)
            waiting = Approval.objects.filter(target_kind="refund", target_id=refund.pk).first()
            return Outcome(refund.credit_note, refund, waiting)
    elif note is not None:
        have = {str(x.invoice_line_id): x.net_minor + x.tax_minor for x in note.lines.all()}
        if (note.invoice_id, have) == (asked.invoice_id, asked.plan["lines"]):
            note_odd("refunds.form_sent_again", note=note.label)
            return Outcome(note, None)
    elif approval is not None:
        if approval.target_id == asked.invoice_id and approval.params.get("lines") == asked.plan["lines"]:
            note_odd("refunds.form_sent_again", approval=approval.reference)
            return Outcome(None, None, approval)
    else:
        return None
    made = refund or note or approval
    raise Conflict(
        "form_already_used", f"This form has already made {made}. Open a new form for another refund."
    )
