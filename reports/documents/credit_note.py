"""What stands on the paper of a credit note of ours, in the customer's language."""

from collections.abc import Callable

from billing.invoices.line_text import said_in
from billing.invoices.models import CreditNote
from reports.documents.invoice import locale_of
from reports.documents.languages import Words, notation_for, words_for
from reports.documents.notation import Notation, day_of
from reports.documents.paper import Paper, PaperGroup, PaperLine, Stamp, party_of, script_of
from reports.documents.seller import seller_of
from reports.documents.taxes import charged_at, laws_of, summed, treatment_of

__all__ = ["paper_of_note"]

#: What the desk's own acts are called on paper.
SAME = {"corrected": "error_correction", "void": "error_correction"}


def paper_of_note(note: CreditNote, *, locale: str | None = None, language: str | None = None) -> Paper:
    """The paper of a credit note; its address is that of the invoice on the day of its issue. Two queries.

    ``language`` writes the words in another language than that of ``locale``'s figures: the desk's own.
    """
    invoice = note.invoice
    wanted = locale_of(invoice) if locale is None else locale
    words = words_for(wanted if language is None else language)
    country = str(invoice.bill_to.get("country") or "")
    own = wanted if language else notation_for(wanted, country)
    notation = Notation(own, note.currency)
    lines = list(note.lines.select_related("invoice_line").order_by("position"))
    billed = [line.invoice_line for line in lines]
    taxed = [
        (line.tax_rate, treatment_of(invoice, line.invoice_line), line.net_minor, line.tax_minor)
        for line in lines
    ]
    name, address, tax_id = party_of(invoice.bill_to, notation)
    issued = day_of(note.issued_at)
    groups: dict[str, list[PaperLine]] = {}
    for line in lines:
        start, end = line.invoice_line.period_start, line.invoice_line.period_end
        period = notation.period(start, end) if start and end else words.once
        text = PaperLine(
            said_in(line.invoice_line.why, line.description, words.language),
            "",
            "",
            charged_at(line.tax_rate, treatment_of(invoice, line.invoice_line), notation),
            notation.figure(line.net_minor),
        )
        groups.setdefault(period, []).append(text)
    return Paper(
        words=words,
        locale=own,
        currency=note.currency,
        title=words.credit_note,
        number=note.label,
        issued_on=issued,
        issued=notation.day(issued),
        made_at=note.issued_at,
        about=_about(note, words, notation),
        name=name,
        address=address,
        script=script_of(country),
        tax_id=tax_id,
        seller=seller_of(invoice, words, notation),
        groups=tuple(
            PaperGroup("" if list(groups) == [words.once] else period, tuple(some))
            for period, some in groups.items()
        ),
        taxes=summed(taxed or [(None, "", note.net_minor, note.tax_minor)], words, notation),
        net=notation.sum(note.net_minor),
        tax=notation.sum(note.tax_minor),
        total=notation.sum(note.total_minor),
        total_label=words.total_credited,
        laws=laws_of(invoice, billed, words, notation),
        closing=_closing(note, words, notation.sum),
        stamp=Stamp(words.stamp_void, "bad") if note.voided_at else None,
        watermark=words.stamp_void if note.voided_at else "",
    )


def _about(note: CreditNote, words: Words, notation: Notation) -> tuple[tuple[str, str], ...]:
    invoice = note.invoice
    rows = [
        (words.number, note.label),
        (words.issued, notation.day(day_of(note.issued_at))),
        (words.credits, invoice.label),
    ]
    if invoice.finalised_at:
        rows.append((words.invoiced, notation.day(day_of(invoice.finalised_at))))
    if note.reason:
        told = words.reasons.get(
            SAME.get(note.reason, note.reason), note.reason.replace("_", " ").capitalize()
        )
        rows.append((words.reason, told))
    rows.append((words.customer, invoice.customer.reference))
    return tuple(rows)


def _closing(note: CreditNote, words: Words, written: Callable[[int], str]) -> tuple[str, ...]:
    off = note.total_minor - note.on_paid_minor
    said = []
    if off:
        said.append(words.lowers.format(amount=written(off)))
    if note.on_paid_minor:
        said.append(words.given_back.format(amount=written(note.on_paid_minor)))
    if note.memo:
        said.append(note.memo)
    return tuple(said)
