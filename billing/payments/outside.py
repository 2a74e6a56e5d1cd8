"""What was paid past every gateway: to our bank, in cash, against another claim."""

from datetime import date, datetime, time

from django.db import IntegrityError, transaction

from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import move, record
from billing.ids import new_reference
from billing.invoices import rules as invoice_rules
from billing.invoices.drafting import lock_with_customer
from billing.invoices.models import Invoice
from billing.invoices.queries import invoices_for_list, open_amount
from billing.invoices.recovering import recover, recoverable_on
from billing.invoices.voiding import refuse_while_paying
from billing.ledger import rules as ledger
from billing.ledger.services import post
from billing.logs import add_facts, service
from billing.money import Money
from billing.payments.models import Payment, PaymentAllocation
from billing.periods import BILLING_ZONE

__all__ = ["mark_paid_outside"]

LONGEST = 120


@service("payments")
def mark_paid_outside(
    *, invoice_id: int, reference: str, paid_on: date, reason: str, actor: Actor, form_key: str, now: datetime
) -> Payment:
    """Records that all that is still open on an invoice of ours came past every gateway: a payment of ours,
    its allocation and its posting to our bank. ``reference`` is the transfer's.

    The same form again gives the first payment. Raises `InvalidInput` for a missing reference or a day that
    is still to come, `Conflict` for an invoice on which nothing is open or that is being paid.
    """
    _check(reference, paid_on, form_key, now)
    try:
        with transaction.atomic():
            invoice = lock_with_customer(invoice_id)
            if made := Payment.objects.filter(idempotency_key=_key(form_key)).first():
                return _again(made, invoice)
            return _record(invoice, reference.strip(), paid_on, reason, actor, form_key, now)
    except IntegrityError as error:
        if "idempotency_key" not in str(error):
            raise
        # The same form on another invoice, in the same moment: only the first of them counts.
        made = Payment.objects.get(idempotency_key=_key(form_key))
        return _again(made, Invoice.objects.get(pk=invoice_id))


def _record(
    invoice: Invoice,
    reference: str,
    paid_on: date,
    reason: str,
    actor: Actor,
    form_key: str,
    now: datetime,
) -> Payment:
    if invoice.gateway:
        raise Conflict(
            "invoice_of_a_gateway",
            f"{invoice.label} was issued at the gateway. Mark it as paid there; the desk follows.",
        )
    owed = open_amount(invoices_for_list().get(pk=invoice.pk))
    if invoice.state not in ("open", "uncollectible") or not owed.minor:
        raise Conflict(
            "nothing_is_open", f"{invoice.label} is {invoice.state.replace('_', ' ')}: nothing is open on it."
        )
    refuse_while_paying(invoice)
    paid_at = min(now, datetime.combine(paid_on, time(12), BILLING_ZONE))
    payment = Payment.objects.create(
        reference=new_reference("PAY", now.date()),
        customer_id=invoice.customer_id,
        state="succeeded",
        currency=invoice.currency,
        amount_minor=owed.minor,
        captured_minor=owed.minor,
        method_kind="bank_transfer",
        description=f"Transfer {reference}",
        idempotency_key=_key(form_key),
        invoice=invoice,
        created_at=now,
        succeeded_at=paid_at,
    )
    PaymentAllocation.objects.create(
        payment=payment, invoice=invoice, amount_minor=owed.minor, created_at=now
    )
    if lost := recoverable_on([invoice.pk]).get(invoice.pk, 0):
        back = Money(min(lost, owed.minor), owed.currency)
        recover(invoice, back, by=payment.reference, actor=actor, now=now)
    draft = ledger.paid_out_of_band(payment.reference, amount=owed, owed=owed)
    post(draft, actor=actor, now=now, customer_id=payment.customer_id, subject=payment, effective_at=paid_at)
    said = reason.strip() or f"Transfer {reference}"
    record(
        payment,
        "state",
        actor=actor,
        now=now,
        reason=said,
        money=owed,
        to_state="succeeded",
        outside=reference,
    )
    also = {"paid_at": paid_at, "outside_reference": reference, "collect_at": None}
    move(invoice, invoice_rules.MACHINE, "paid", actor=actor, now=now, reason=said, money=owed, also=also)
    add_facts(invoice=invoice.label, payment=payment.reference, amount=str(owed))
    return payment


def _check(reference: str, paid_on: date, form_key: str, now: datetime) -> None:
    if not reference.strip() or len(reference) > LONGEST:
        raise InvalidInput(
            "transfer_reference_missing",
            "Reference: enter that of the transfer as the bank statement has it, up to 120 characters.",
            field="reference",
        )
    if paid_on > now.date():
        raise InvalidInput("paid_in_the_future", "Paid on: a day that has come.", field="paid_on")
    if not form_key or len(form_key) > 48:
        raise InvalidInput("form_key_missing", "This form was not made by the desk. Open it again.")


def _key(form_key: str) -> str:
    return f"outside:{form_key}"


def _again(made: Payment, invoice: Invoice) -> Payment:
    if made.invoice_id != invoice.pk:
        raise Conflict("form_already_used", "This form has already marked another invoice. Open a new form.")
    return made
