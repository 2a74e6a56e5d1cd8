"""Crediting our own invoices: a note that takes off lines, frozen, numbered, posted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Sum

from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.history.services import move, record
from billing.ids import new_reference
from billing.invoices import rules
from billing.invoices.crediting_rules import (
    Credited,
    Line,
    check_credit,
    creditable,
    refuse_uncreditable,
    split,
)
from billing.invoices.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from billing.invoices.numbering import number_credit_note
from billing.invoices.queries import invoices_for_list, open_amount
from billing.invoices.recovering import lessen, recoverable_on, written_off_deferred
from billing.ledger import rules as ledger
from billing.ledger.models import Posting, PostingLine
from billing.ledger.services import post
from billing.logs import add_facts, note_odd, service
from billing.money import Money, exact, round_half_away

__all__ = [
    "Plan",
    "check_creditable",
    "credit_invoice",
    "lock_invoice",
    "plan_credit",
    "plan_whole",
    "write_note",
]

LONGEST_MEMO = 2_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What a credit note would do: its parts, and how much of it had been paid. Amounts in minor units."""

    parts: tuple[Credited, ...]
    currency: str
    open_minor: int

    @property
    def net(self) -> Money:
        return Money(sum(part.net for part in self.parts), self.currency)

    @property
    def tax(self) -> Money:
        return Money(sum(part.tax for part in self.parts), self.currency)

    @property
    def total(self) -> Money:
        return self.net + self.tax

    @property
    def off_open(self) -> Money:
        """What lowers the amount that is still owed."""
        return Money(min(self.total.minor, self.open_minor), self.currency)

    @property
    def on_paid(self) -> Money:
        """What had been paid, and so becomes the customer's."""
        return self.total - self.off_open


@service("invoices")
def credit_invoice(
    *,
    invoice_id: int,
    asked: Mapping[int, int],
    reason: str,
    memo: str,
    actor: Actor,
    form_key: str,
    now: datetime,
) -> CreditNote:
    """Credits lines of an invoice of ours by gross amounts in minor units, whose paid part stays as store
    credit. What is still owed is lowered first.

    The same form with the same invoice and amounts gives the note that it made before. Raises `Conflict` for
    an invoice that takes no credit note, `InvalidInput` for amounts beyond what is left of a line.
    """
    if not form_key or len(form_key) > 64:
        raise InvalidInput("form_key_missing", "This form was not made by the desk. Open it again.")
    try:
        with transaction.atomic():
            invoice = lock_invoice(invoice_id)
            if made := CreditNote.objects.filter(form_key=form_key).first():
                return _same(made, invoice_id, asked)
            plan = plan_credit(invoice, asked)
            note = write_note(
                invoice, plan, reason=reason, memo=memo, actor=actor, form_key=form_key, now=now
            )
            number_credit_note(note, now=now)
    except IntegrityError as error:
        if "form_key" not in str(error):
            raise
        # The same form on another invoice, in the same moment: only the first of them counts.
        return _same(CreditNote.objects.get(form_key=form_key), invoice_id, asked)
    add_facts(note=note.number, invoice=invoice.reference, amount=str(plan.total))
    return note


def lock_invoice(invoice_id: int) -> Invoice:
    """The invoice, locked until the transaction ends: who adds up its credit notes does so alone.

    Where a payment is locked too, it is locked first. Raises `Missing`.
    """
    invoice = Invoice.objects.select_for_update(of=("self",)).filter(pk=invoice_id).first()
    if invoice is None:
        raise Missing("invoice_missing", "This invoice is not here.")
    return invoice


def rule_lines(invoice: Invoice) -> list[Line]:
    return [
        Line(line.pk, line.net_minor, line.tax_minor, line.tax_rate, line.description, line.treatment)
        for line in InvoiceLine.objects.filter(invoice=invoice).order_by("position")
    ]


def credited_before(invoice: Invoice) -> list[Credited]:
    """What earlier notes took off, oldest first."""
    rows = CreditNoteLine.objects.filter(credit_note__invoice=invoice, credit_note__voided_at=None)
    return [Credited(row.invoice_line_id, row.net_minor, row.tax_minor) for row in rows.order_by("pk")]


def left_of_lines(invoice: Invoice) -> dict[int, int]:
    """What of each line may still be credited, gross, in minor units."""
    return creditable(rule_lines(invoice), credited_before(invoice))


def plan_credit(invoice: Invoice, asked: Mapping[int, int]) -> Plan:
    """Checks and divides what is asked; writes nothing. True for sure only under the invoice's lock."""
    lines, before = rule_lines(invoice), credited_before(invoice)
    check_credit(
        asked,
        creditable(lines, before),
        {line.id: line.label for line in lines},
        invoice.currency,
        number=invoice.label,
        gateway=invoice.gateway,
        state=invoice.state,
    )
    known = invoices_for_list().get(pk=invoice.pk)
    plan = Plan(tuple(split(lines, before, asked)), invoice.currency, open_amount(known).minor)
    gone = invoice.credit_notes.filter(voided_at=None).aggregate(sum=Sum("total_minor"))["sum"] or 0
    if gone + plan.total.minor > invoice.total_minor:
        left = Money(max(0, invoice.total_minor - gone), invoice.currency)
        raise InvalidInput(
            "credit_above_invoice", f"Lines: {plan.total} is more than the {left} left of {invoice.label}."
        )
    return plan


def check_creditable(invoice: Invoice) -> None:
    """Raises `Conflict` for an invoice that cannot be credited whole: by its state, its issuer, or because
    some of it was credited before."""
    refuse_uncreditable(number=invoice.label, gateway=invoice.gateway, state=invoice.state)
    if invoice.credit_notes.filter(voided_at=None).exists():
        raise Conflict(
            "credited_in_part",
            f"{invoice.label} has a credit note. Credit the rest, and issue a new one by hand.",
        )
    if not invoice.total_minor:
        raise Conflict(
            "invoice_of_nothing", f"{invoice.label} comes to nothing, so there is nothing to credit."
        )


def plan_whole(invoice: Invoice) -> Plan:
    """All of an invoice that no note has lowered yet: each line as it was issued, what takes off included."""
    known = invoices_for_list().get(pk=invoice.pk)
    parts = tuple(Credited(line.id, line.net, line.tax) for line in rule_lines(invoice) if line.gross)
    return Plan(parts, invoice.currency, open_amount(known).minor)


def write_note(
    invoice: Invoice,
    plan: Plan,
    *,
    reason: str,
    memo: str,
    actor: Actor,
    form_key: str | None,
    now: datetime,
) -> CreditNote:
    """Writes and posts the note under the invoice's lock; the caller numbers it, last of all."""
    if len(memo) > LONGEST_MEMO:
        raise InvalidInput("memo_too_long", f"Memo: use {LONGEST_MEMO:,} characters at most.", field="memo")
    note = CreditNote.objects.create(
        reference=new_reference("CRN", now.date()),
        invoice=invoice,
        customer_id=invoice.customer_id,
        currency=invoice.currency,
        net_minor=plan.net.minor,
        tax_minor=plan.tax.minor,
        total_minor=plan.total.minor,
        on_paid_minor=plan.on_paid.minor,
        reason=reason[:64],
        memo=memo.strip(),
        form_key=form_key,
        issued_by_ref=actor.ref,
        issued_by_name=actor.name,
        issued_at=now,
    )
    lines = {line.pk: line for line in InvoiceLine.objects.filter(invoice=invoice)}
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(
            credit_note=note,
            invoice_line_id=part.line_id,
            position=place,
            description=lines[part.line_id].description,
            net_minor=part.net,
            tax_rate=lines[part.line_id].tax_rate,
            tax_minor=part.tax,
        )
        for place, part in enumerate(plan.parts, 1)
    )
    if invoice.state == "uncollectible" and plan.open_minor:
        written_off = recoverable_on([invoice.pk]).get(invoice.pk, 0)
        back = Money(min(plan.open_minor, written_off), invoice.currency)
        lessen(invoice, back, by=note.reference, actor=actor, now=now)
    draft = ledger.credit_note(
        note.reference,
        net=plan.net,
        tax=plan.tax,
        unrendered=Money(unrendered(invoice, now), invoice.currency),
        unpaid=Money(plan.open_minor, invoice.currency),
    )
    post(draft, actor=actor, now=now, customer_id=note.customer_id, subject=note, effective_at=now)
    record(note, "issued", actor=actor, now=now, money=plan.total, reason=reason)
    record(invoice, "credited", actor=actor, now=now, money=plan.total, reason=reason, note=note.reference)
    if invoice.state in ("open", "uncollectible") and plan.off_open.minor == plan.open_minor:
        move(
            invoice,
            rules.MACHINE,
            "paid",
            actor=actor,
            now=now,
            reason="Nothing is owed after a credit note",
            also={"paid_at": now},
        )
    return note


def unrendered(invoice: Invoice, now: datetime) -> int:
    """What of the invoice's net is still deferred: not rendered by the end of the last month that has been
    recognised in its currency, and neither credited nor written off before. Minor units."""
    until = _recognised_until(invoice.currency)
    left = 0
    for line in InvoiceLine.objects.filter(invoice=invoice):
        left += line.net_minor - _rendered(line, until)
    credited = PostingLine.objects.filter(
        posting__subject_kind="creditnote",
        posting__subject_id__in=list(invoice.credit_notes.values_list("pk", flat=True)),
        account="deferred_revenue",
    )
    gone = (credited.aggregate(sum=Sum("amount_minor"))["sum"] or 0) + written_off_deferred(invoice.pk)
    return max(0, left - gone)


def _recognised_until(currency: str) -> datetime | None:
    journals = Posting.objects.filter(fact="service.rendered", cause__endswith=f":{currency}")
    last = journals.order_by("-effective_on", "-pk").first()
    if last is None:
        return None
    day = last.effective_on
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _rendered(line: InvoiceLine, until: datetime | None) -> int:
    if until is None or line.period_start is None or line.period_end is None:
        return 0
    whole = line.period_end - line.period_start
    gone = min(max(until - line.period_start, timedelta()), whole)
    if not whole:
        return line.net_minor
    second = timedelta(seconds=1)
    return round_half_away(exact(line.net_minor) * (gone // second) / (whole // second))


def _same(made: CreditNote, invoice_id: int, asked: Mapping[int, int]) -> CreditNote:
    wanted = {line: amount for line, amount in asked.items() if amount}
    have = {line.invoice_line_id: line.net_minor + line.tax_minor for line in made.lines.all()}
    if (made.invoice_id, have) == (invoice_id, wanted):
        note_odd("invoices.form_sent_again", note=made.label)
        return made
    raise Conflict(
        "form_already_used",
        f"This form has already made {made.label}. Open a new form for another credit note.",
        facts={"note": made.reference},
    )
