"""What an invoice's line says of itself: the sum that made it, as it was kept when it was written."""

from datetime import datetime
from fractions import Fraction
from typing import Any

from billing.invoices.models import Invoice, InvoiceLine
from dashboard.actions.related import link
from dashboard.invoices.wording import country_words, day_words, rate_words, words
from dashboard.parts.entries import Fact

BASES = {
    "second": "by the second",
    "day": "by the day",
    "fixed30": "by the day, each month of 30 days",
}
#: Told in words elsewhere, or of no use to a reader.
TOLD = frozenset({
    "price_version", "unit_amount_minor", "quantity", "discount_minor", "whole_minor", "whole", "basis",
    "share", "because", "given_before_minor", "part_of_minor", "tax", "price_minor", "tax_inclusive",
    "meter", "used", "included", "each", "per_units", "usage_price",
})  # fmt: skip


def sums_of(line: InvoiceLine, invoice: Invoice) -> list[Fact]:
    """Discount, proration and what was given back before, from the reasons kept with the line."""
    why, currency = line.why, invoice.currency
    rows: list[Fact] = []
    if off := why.get("discount_minor"):
        rows.append(Fact("Discount", words(-off, currency), note="off the price of a whole period"))
    rows += _proration(line, invoice)
    if given := why.get("given_before_minor"):
        rows.append(
            Fact("Given back before", words(given, currency), note="taken off, so that no day counts twice")
        )
    if whole := why.get("part_of_minor"):
        rows.append(
            Fact(
                "Part of",
                words(whole, currency),
                note="the rest waits: no invoice comes to less than nothing",
            )
        )
    if line.takes_back_number:
        rows.append(_taken_back(line))
    if because := why.get("because"):
        rows.append(Fact("Because of", str(because).replace("_", " ")))
    for name, value in why.items():
        if name not in TOLD and isinstance(value, str | int) and value != "":
            rows.append(Fact(name.replace("_", " ").capitalize(), str(value)))
    return rows


def _proration(line: InvoiceLine, invoice: Invoice) -> list[Fact]:
    """whole × part / period = amount, with the days and the seconds that were counted."""
    why = line.why
    if "whole_minor" not in why or "share" not in why:
        return []
    share = Fraction(str(why["share"]))
    start, end = (datetime.fromisoformat(at) for at in why["whole"])
    whole = words(why["whole_minor"], invoice.currency)
    amount = line.net_minor + (line.tax_minor if why.get("tax", {}).get("inclusive") else 0)
    sign = "−" if amount < 0 else ""
    product = f"{sign}{whole} × {_share_words(share)} = {words(amount, invoice.currency)}"
    return [
        Fact("Whole period", f"{day_words(start)} – {day_words(end)}", note=f"at {whole}"),
        Fact("Prorated", product, note=BASES.get(str(why.get("basis")), "")),
    ]


def _share_words(share: Fraction) -> str:
    """1/2, or a long fraction with what it comes to: 1,425,600/2,592,000 tells less than 55 %."""
    if share.denominator <= 366:
        return f"{share.numerator}/{share.denominator}"
    parts = share * 10_000
    percent = (parts.numerator + parts.denominator // 2) // parts.denominator
    return f"{percent // 100}.{percent % 100:02d} % ({share.numerator:,}/{share.denominator:,})"


def _taken_back(line: InvoiceLine) -> Fact:
    of = line.takes_back.invoice if line.takes_back else None
    url = link("invoices:show", of.reference) if of else ""
    rate = rate_words(line.tax_rate)
    return Fact("Takes back", line.takes_back_number, url=url, note=f"at {rate}, as it was billed there")


def tax_of(line: InvoiceLine, invoice: Invoice) -> list[Fact]:
    """The rule of the line's tax, where it was kept."""
    tax: dict[str, Any] = line.why.get("tax", {})
    rule = tax.get("rule") or invoice.tax_why
    rows = [Fact("Tax rule", str(rule))] if rule else []
    if invoice.tax_point and not line.takes_back_number:
        rows.append(Fact("By the law of", invoice.tax_point, note="the tax point"))
    if tax.get("inclusive"):
        gross = words(line.net_minor + line.tax_minor, invoice.currency)
        rows.append(Fact("Tax included", gross, note="the price had the tax in it"))
    return rows


def evidence_of(invoice: Invoice) -> list[Fact]:
    """What told where a consumer is, and how a business's number stood, on the day of issue."""
    held: dict[str, Any] = invoice.evidence
    rows: list[Fact] = []
    if invoice.tax_why:
        rows.append(Fact("Decided", invoice.tax_why))
    standing = held.get("vat_number", "")
    if standing in NUMBERS:
        rows.append(Fact("VAT number", NUMBERS[standing]))
    if invoice.treatment not in WHERE_IT_COUNTS:
        return rows
    for piece in held.get("pieces", []):
        label = PIECES.get(piece.get("kind", ""), str(piece.get("kind", "")).replace("_", " ").capitalize())
        seen = piece.get("seen_at")
        note = f"seen {day_words(datetime.fromisoformat(seen))}" if seen else ""
        rows.append(Fact(label, country_words(piece.get("country", "")), note=note))
    if verdict := VERDICTS.get(held.get("verdict", "")):
        rows.append(Fact("Together", verdict))
    return rows


#: Outside the EU, and for a business, nobody asks for pieces that say where a consumer is.
WHERE_IT_COUNTS = frozenset({"", "standard", "reduced", "oss"})
NUMBERS = {
    "none": "none was given: taxed as a consumer",
    "malformed": "its digits do not fit: taxed as a consumer",
    "unchecked": "fits its country; the register was not asked",
    "valid": "confirmed by the register",
    "invalid": "the register does not know it: taxed as a consumer",
}
PIECES = {
    "billing_address": "Billing address",
    "card": "Card's country",
    "bank": "Bank's country",
    "ip_address": "Internet address",
    "phone": "Phone number",
    "declared": "Told by the customer",
}
VERDICTS = {
    "agrees": "two pieces or more say the same country",
    "one_piece": "one piece only: enough for a small seller",
    "disagrees": "no two agree: the address counts, and somebody should ask",
}
