"""The tax of a document: sums by rate and treatment, and the sentences that the law wants said."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from billing.invoices.models import Invoice, InvoiceLine
from reports.documents.languages import Words
from reports.documents.notation import Notation
from reports.documents.paper import PaperTax

__all__ = ["charged_at", "laws_of", "summed", "treatment_of"]

#: What older invoices called the same.
BEFORE = {"domestic": "standard", "destination": "oss", "outside": "export"}
NOTHING_CHARGED = frozenset({"reverse_charge", "export", "exempt"})
NO_RATE = "–"


def treatment_of(invoice: Invoice, line: InvoiceLine | None = None) -> str:
    """How a line is taxed; empty where nobody told."""
    if line is not None and line.treatment:
        return line.treatment
    told = str(invoice.bill_to.get("tax_treatment") or "")
    return invoice.treatment or BEFORE.get(told, told)


def charged_at(rate: Decimal | None, treatment: str, notation: Notation) -> str:
    """The rate; a dash where no VAT is ours to charge."""
    return NO_RATE if rate is None or treatment in NOTHING_CHARGED else notation.rate(rate)


def summed(
    parts: Iterable[tuple[Decimal | None, str, int, int]], words: Words, notation: Notation
) -> tuple[PaperTax, ...]:
    """The sums of (rate, treatment, net, tax), the highest rate first, what bears none last."""
    sums: dict[tuple[Decimal | None, str], list[int]] = {}
    for rate, treatment, net, tax in parts:
        group = sums.setdefault((rate, treatment), [0, 0])
        group[0] += net
        group[1] += tax
    order = sorted(sums, key=lambda each: (each[0] is None, -(each[0] or 0), each[1]))
    return tuple(_of(*group, sums[group], words, notation) for group in order)


def _of(rate: Decimal | None, treatment: str, sums: list[int], words: Words, notation: Notation) -> PaperTax:
    net, tax = sums
    named = words.treatments.get(treatment, "")
    label = words.vat_of.format(rate=notation.rate(rate or Decimal(0)), net=notation.sum(net))
    if rate is None or treatment in NOTHING_CHARGED:
        label = words.rate_untold if tax else words.no_vat
    return PaperTax(
        label=label,
        rate=charged_at(rate, treatment, notation),
        treatment=named,
        net=notation.figure(net),
        tax=notation.figure(tax),
        gross=notation.figure(net + tax),
    )


def laws_of(
    invoice: Invoice, lines: Sequence[InvoiceLine], words: Words, notation: Notation
) -> tuple[str, ...]:
    """A sentence for each treatment that the law wants named, once."""
    country = notation.country(invoice.tax_country or str(invoice.bill_to.get("country") or ""))
    found = dict.fromkeys(treatment_of(invoice, line) for line in lines)
    return tuple(words.laws[each].format(country=country) for each in found if each in words.laws)
