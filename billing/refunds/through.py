"""Payments that go back through the invoice that they paid: a credit note over its lines, in proportion."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.errors import Conflict
from billing.history.actors import Actor
from billing.invoices.crediting import left_of_lines, lock_invoice, plan_credit
from billing.invoices.crediting_rules import Credited, Line, creditable
from billing.invoices.models import CreditNoteLine, InvoiceLine
from billing.money import Money, allocate
from billing.payments.models import Payment, PaymentAllocation
from billing.refunds import locks, rules
from billing.refunds.caps import left_of_invoice
from billing.refunds.models import Refund
from billing.refunds.of_invoice import Asked, refund_invoice
from billing.refunds.queries import payment_facts, refundable_of

__all__ = ["Through", "in_proportion", "invoices_of", "refund_through"]


@dataclass(frozen=True, slots=True)
class Through:
    """The invoice that a payment paid, and what of its lines may still be credited, in minor units."""

    invoice_id: int
    left_minor: int


def invoices_of(payments: Iterable[Payment]) -> dict[int, Through]:
    """By payment the one invoice of ours that all of it went to, where that is paid; three queries.

    A payment that paid several invoices, or none, or more than its invoice asked, is not among them; nor one
    of a gateway's own invoice, or of one that is still owed in part.
    """
    captured = {each.pk: each.captured_minor for each in payments}
    rows = PaymentAllocation.objects.filter(payment__in=list(captured)).select_related("invoice")
    of: dict[int, list[PaymentAllocation]] = {}
    for row in rows:
        of.setdefault(row.payment_id, []).append(row)
    whole = {
        pk: one[0].invoice_id
        for pk, one in of.items()
        if len(one) == 1
        and one[0].amount_minor == captured[pk]
        and one[0].invoice.state == "paid"
        and not one[0].invoice.gateway
    }
    left = _left_of(set(whole.values()))
    return {pk: Through(each, left[each]) for pk, each in whole.items() if left.get(each, 0) > 0}


def _left_of(invoice_ids: set[int]) -> dict[int, int]:
    lines: dict[int, list[Line]] = {}
    for row in InvoiceLine.objects.filter(invoice__in=invoice_ids).order_by("invoice_id", "position"):
        line = Line(row.pk, row.net_minor, row.tax_minor, row.tax_rate, row.description, row.treatment)
        lines.setdefault(row.invoice_id, []).append(line)
    before: dict[int, list[Credited]] = {}
    notes = CreditNoteLine.objects.filter(
        credit_note__invoice__in=invoice_ids, credit_note__voided_at=None
    ).select_related("credit_note")
    for each in notes.order_by("pk"):
        part = Credited(each.invoice_line_id, each.net_minor, each.tax_minor)
        before.setdefault(each.credit_note.invoice_id, []).append(part)
    return {pk: sum(creditable(some, before.get(pk, ())).values()) for pk, some in lines.items()}


def in_proportion(amount: Money, left: Mapping[int, int]) -> dict[int, int]:
    """An amount shared over lines by what is left of each (gross, minor units), never more than that."""
    lines = {line: minor for line, minor in left.items() if minor > 0}
    if amount.minor > sum(lines.values()):
        raise ValueError(f"{amount} is more than is left of the lines")
    shares = allocate(amount, list(lines.values()))
    return {line: share.minor for line, share in zip(lines, shares, strict=True) if share.minor}


@transaction.atomic
def refund_through(
    payment_id: int,
    invoice_id: int,
    amount: Money,
    *,
    asked: Mapping[str, Any],
    allowed_by: str,
    form_key: str,
    actor: Actor,
    now: datetime,
) -> Refund:
    """Refunds exactly this of a payment with a credit note of the same total over its invoice's lines, in
    proportion to what is left of each; once for the form. Raises `InvalidInput` where less is left by now,
    `Conflict` where none of it can go back like this.
    """
    payment = locks.lock_payment(pk=payment_id)
    if made := Refund.objects.filter(form_key=form_key).first():
        return made
    invoice = lock_invoice(invoice_id)
    rules.check_refund(
        amount,
        left=min(refundable_of(payment).left, left_of_invoice(invoice)),
        payment=payment_facts(payment),
        reason=asked["reason"],
        note_internal=asked.get("note_internal", ""),
    )
    left = left_of_lines(invoice)
    moved = Conflict(
        "invoice_moved_on",
        f"{invoice.label} was paid or credited since this was asked: {amount} can no longer go back with a "
        "credit note. Refund what is left of it by line.",
    )
    if amount.minor > sum(left.values()):
        raise moved
    lines = in_proportion(amount, left)
    if plan_credit(invoice, lines).on_paid != amount:
        raise moved
    outcome = refund_invoice(
        Asked(
            invoice_id,
            lines,
            reason=asked["reason"],
            payment_id=payment_id,
            note_internal=asked.get("note_internal", ""),
            note_to_customer=asked.get("note_to_customer", ""),
        ),
        actor=actor,
        form_key=form_key,
        now=now,
        allowed_by=allowed_by,
        write_to_customer=bool(asked.get("write_to_customer")),
    )
    assert outcome.refund is not None
    return outcome.refund
