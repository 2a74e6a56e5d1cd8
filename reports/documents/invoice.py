"""What stands on the paper of an invoice of ours, in the customer's language."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from billing.errors import Conflict
from billing.invoices.line_text import said_in
from billing.invoices.models import Invoice, InvoiceLine
from billing.invoices.queries import credit_notes_of, lines_of, open_amount
from reports.documents.languages import Words, notation_for, words_for
from reports.documents.notation import Notation, day_of
from reports.documents.paper import (
    Paper,
    PaperGroup,
    PaperLine,
    PaperParty,
    PaperSum,
    Stamp,
    party_of,
    script_of,
)
from reports.documents.seller import seller_of
from reports.documents.taxes import charged_at, laws_of, summed, treatment_of

__all__ = ["MOST_LINES", "locale_of", "paper_of_invoice", "why_no_paper"]

#: Longer ones are for a spreadsheet: the document would hold up everybody else's.
MOST_LINES = 3_000


def why_no_paper(invoice: Invoice) -> str:
    """Why there is no document of ours, in a sentence; empty when there is."""
    if invoice.gateway:
        return (
            f"{invoice.label} was issued at the gateway, in its own series. Its document is there; the desk "
            "never makes a second one."
        )
    return ""


def locale_of(invoice: Invoice) -> str:
    """The customer's locale when it was issued; today's where that was not kept."""
    return str(invoice.bill_to.get("locale") or invoice.customer.locale)


def paper_of_invoice(invoice: Any, *, locale: str | None = None) -> Paper:
    """The paper of an invoice of `invoice_by_reference`; a draft's is marked as one. Two queries.

    Raises `Conflict` for an invoice of a gateway, and for one with more lines than a document takes.
    """
    if refusal := why_no_paper(invoice):
        raise Conflict("invoice_of_a_gateway", refusal)
    lines = lines_of(invoice)
    if len(lines) > MOST_LINES:
        raise Conflict(
            "invoice_too_long",
            f"{invoice.label} has {len(lines):,} lines; a document takes {MOST_LINES:,}. Export its lines.",
        )
    wanted = locale_of(invoice) if locale is None else locale
    words = words_for(wanted)
    country = str(invoice.bill_to.get("country") or invoice.customer.country or "")
    notation = Notation(notation_for(wanted, country), invoice.currency)
    name, address, tax_id = party_of(invoice.bill_to, notation)
    seller = seller_of(invoice, words, notation)
    taxes = summed(
        [(line.tax_rate, treatment_of(invoice, line), line.net_minor, line.tax_minor) for line in lines],
        words,
        notation,
    )
    is_draft = invoice.state == "draft"
    at = invoice.finalised_at or invoice.created_at
    stamp = _stamp(invoice, words)
    paying, pay_to = _paying(invoice, words, notation, seller)
    return Paper(
        words=words,
        locale=notation.locale,
        currency=invoice.currency,
        title=words.draft_invoice if is_draft else words.invoice,
        number=invoice.label,
        issued_on=day_of(at),
        issued=notation.day(day_of(at)),
        made_at=at,
        about=_about(invoice, words, notation),
        name=name,
        address=address,
        script=script_of(country),
        tax_id=tax_id,
        seller=seller,
        groups=_groups(invoice, lines, words, notation),
        taxes=taxes,
        net=notation.sum(invoice.net_minor),
        tax=notation.sum(invoice.tax_minor),
        total=notation.sum(invoice.total_minor),
        total_label=words.total,
        sums=_sums(invoice, words, notation),
        laws=laws_of(invoice, lines, words, notation),
        due=_due(invoice, words, notation),
        paying=paying,
        pay_to=pay_to,
        stamp=stamp,
        watermark=stamp.text if stamp and invoice.state in ("draft", "void") else "",
    )


def _about(invoice: Any, words: Words, notation: Notation) -> tuple[tuple[str, str], ...]:
    rows = [] if invoice.state == "draft" else [(words.number, invoice.label)]
    if invoice.finalised_at:
        issued = day_of(invoice.finalised_at)
        rows.append((words.issued, notation.day(issued)))
        if invoice.tax_point and invoice.tax_point != issued:
            rows.append((words.supplied, notation.day(invoice.tax_point)))
    if invoice.due_on:
        rows.append((words.due, notation.day(invoice.due_on)))
    rows.append((words.customer, invoice.customer.reference))
    if invoice.subscription:
        rows.append((words.subscription, invoice.subscription.reference))
    if invoice.corrects_id:
        rows.append((words.replaces, invoice.corrects.label))
    return tuple(rows)


def _groups(
    invoice: Invoice, lines: Sequence[InvoiceLine], words: Words, notation: Notation
) -> tuple[PaperGroup, ...]:
    """Lines of one period together, the periods in the order in which they come first."""
    found: dict[str, list[PaperLine]] = {}
    for line in lines:
        period = words.once
        if line.period_start and line.period_end:
            period = notation.period(line.period_start, line.period_end)
        found.setdefault(period, []).append(_line(invoice, line, words, notation))
    if list(found) == [words.once]:
        return (PaperGroup("", tuple(found[words.once])),)
    return tuple(PaperGroup(period, tuple(some)) for period, some in found.items())


def _line(invoice: Invoice, line: InvoiceLine, words: Words, notation: Notation) -> PaperLine:
    notes = []
    if line.takes_back_number:
        notes.append(words.takes_back.format(number=line.takes_back_number))
    if off := line.why.get("discount_minor"):
        notes.append(f"{words.discount} {notation.sum(-off)}")
    return PaperLine(
        text=said_in(line.why, line.description, notation.locale),
        quantity=notation.count(line.quantity),
        each="" if line.unit_amount_minor is None else notation.each(line.unit_amount_minor),
        rate=charged_at(line.tax_rate, treatment_of(invoice, line), notation),
        net=notation.figure(line.net_minor),
        note=" · ".join(notes),
    )


def _sums(invoice: Any, words: Words, notation: Notation) -> tuple[PaperSum, ...]:
    """What stands between the total and what is still owed."""
    if invoice.state in ("draft", "void"):
        return ()
    taken = [
        (words.paid, invoice.paid_minor),
        (words.credited, invoice.credited_minor),
        (words.from_balance, invoice.balance_minor),
    ]
    covered = sum(minor for _, minor in taken)
    if invoice.state == "paid" and covered < invoice.total_minor:
        taken.append((words.settled, invoice.total_minor - covered))
    rows = [PaperSum(label, notation.sum(-minor)) for label, minor in taken if minor]
    return (*rows, PaperSum(words.amount_due, notation.sum(open_amount(invoice).minor), True))


def _due(invoice: Any, words: Words, notation: Notation) -> tuple[str, str, str] | None:
    """What the reader looks for first: how much, and until when."""
    owed = open_amount(invoice)
    if not owed.minor:
        return None
    by = words.due_by.format(date=notation.day(invoice.due_on)) if invoice.due_on else ""
    return words.amount_due, notation.sum(owed.minor), by


def _paying(
    invoice: Any, words: Words, notation: Notation, seller: PaperParty
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The sentence about paying, and the account to pay to."""
    owed = open_amount(invoice)
    if invoice.state == "draft":
        return words.draft_says, ()
    if invoice.state == "void":
        return words.voided_on.format(date=notation.day(_on(invoice.voided_at))), ()
    if not owed.minor:
        if _credited_whole(invoice):
            return words.credited_whole, ()
        return words.paid_on.format(date=notation.day(_on(invoice.paid_at))), ()
    amount = notation.sum(owed.minor)
    if invoice.collect_at:
        return words.collected.format(amount=amount), ()
    if not seller.bank:
        return words.payable_otherwise.format(amount=amount, number=invoice.label), ()
    account = (*seller.bank, (words.payment_reference, invoice.label))
    if invoice.due_on:
        by = notation.day(invoice.due_on)
        return words.transfer_by.format(amount=amount, date=by, number=invoice.label), account
    return words.transfer.format(amount=amount, number=invoice.label), account


def _stamp(invoice: Any, words: Words) -> Stamp | None:
    if invoice.state == "draft":
        return Stamp(words.stamp_draft, "idle")
    if invoice.state == "void":
        return Stamp(words.stamp_void, "bad")
    if invoice.total_minor and _credited_whole(invoice):
        return Stamp(words.stamp_credited, "idle")
    return Stamp(words.stamp_paid, "ok") if invoice.state == "paid" else None


def _credited_whole(invoice: Any) -> bool:
    notes = credit_notes_of(invoice) if invoice.total_minor else []
    gone = sum(note.total_minor for note in notes if not note.voided_at)
    return bool(notes) and gone >= invoice.total_minor


def _on(at: Any) -> date:
    return day_of(at or timezone.now())
