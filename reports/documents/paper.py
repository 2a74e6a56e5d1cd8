"""What stands on the paper of a credit note: to whom, what for, what it adds up to. An invoice's is alike."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel import Locale
from django.utils import timezone

from billing.invoices.models import CreditNote
from billing.money import DEFAULT_LOCALE, Money, format_money

__all__ = ["Paper", "PaperLine", "PaperTax", "paper_of_note"]

REASONS = {"requested_by_customer": "Requested by customer", "error_correction": "Correction of an error"}


@dataclass(frozen=True, slots=True)
class PaperLine:
    text: str
    rate: str
    net: str


@dataclass(frozen=True, slots=True)
class PaperTax:
    """The sum of one rate."""

    label: str
    net: str
    tax: str


@dataclass(frozen=True, slots=True)
class Paper:
    """All amounts are written out in ``locale``; nothing is left to be computed."""

    title: str
    number: str
    issued_on: date
    about: tuple[tuple[str, str], ...]
    name: str
    address: tuple[str, ...]
    tax_id: str
    lines: tuple[PaperLine, ...]
    taxes: tuple[PaperTax, ...]
    net: str
    total: str
    closing: tuple[str, ...]


def paper_of_note(note: CreditNote, locale: str = DEFAULT_LOCALE) -> Paper:
    """The paper of a credit note; its address is that of the invoice on the day of its issue. Two queries."""
    invoice = note.invoice
    lines = list(note.lines.order_by("position"))

    def words(minor: int) -> str:
        return format_money(Money(minor, note.currency), locale)

    groups: dict[Decimal | None, list[int]] = {}
    for line in lines:
        group = groups.setdefault(line.tax_rate, [0, 0])
        group[0] += line.net_minor
        group[1] += line.tax_minor
    taxes = [
        PaperTax(_tax_label(rate, sums[1]), words(sums[0]), words(sums[1])) for rate, sums in groups.items()
    ]
    if not lines:
        taxes = [PaperTax("Tax", words(note.net_minor), words(note.tax_minor))]
    bill_to: dict[str, Any] = invoice.bill_to
    reason = REASONS.get(note.reason, note.reason.replace("_", " ").capitalize())
    about = [("Credits invoice", invoice.label)]
    if invoice.finalised_at:
        about.append(("Invoiced on", timezone.localtime(invoice.finalised_at).date().isoformat()))
    if reason:
        about.append(("Reason", reason))
    return Paper(
        title="Credit note",
        number=note.label,
        issued_on=timezone.localtime(note.issued_at).date(),
        about=tuple(about),
        name=str(bill_to.get("name") or ""),
        address=_address(bill_to, locale),
        tax_id=str(bill_to.get("tax_id") or ""),
        lines=tuple(
            PaperLine(line.description, _rate(line.tax_rate), words(line.net_minor)) for line in lines
        ),
        taxes=tuple(taxes),
        net=words(note.net_minor),
        total=words(note.total_minor),
        closing=_closing(note, words),
    )


def _closing(note: CreditNote, words: Any) -> tuple[str, ...]:
    off = note.total_minor - note.on_paid_minor
    said = []
    if off:
        said.append(f"{words(off)} lowers what is still owed on the invoice.")
    if note.on_paid_minor:
        said.append(f"{words(note.on_paid_minor)} had been paid and is given back.")
    if note.memo:
        said.append(note.memo)
    return tuple(said)


def _rate(rate: Decimal | None) -> str:
    return "" if rate is None else f"{rate.normalize():f} %"


def _tax_label(rate: Decimal | None, tax: int) -> str:
    if rate is None:
        return "Tax, rate not told" if tax else "No tax"
    return f"Tax {_rate(rate)}"


def _address(held: dict[str, Any], locale: str) -> tuple[str, ...]:
    town = " ".join(str(held[name]) for name in ("postal_code", "city") if held.get(name))
    code = str(held.get("country") or "")
    country = Locale.parse(locale.replace("-", "_")).territories.get(code, code)
    rows = [held.get("line1"), held.get("line2"), town, held.get("region"), country]
    return tuple(str(row) for row in rows if row)
