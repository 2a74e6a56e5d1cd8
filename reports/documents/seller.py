"""The seller as a document names it: from what was kept with the invoice, else as the company is now."""

from typing import Any

from django.conf import settings

from billing.invoices.models import Invoice
from reports.documents.languages import Words
from reports.documents.notation import Notation
from reports.documents.paper import PaperParty

__all__ = ["seller_of"]

#: What a country calls its fiscal number and its register, whatever language the document is in.
AT_HOME = {
    "RO": {"tax_code": "CUI", "registration_number": "Nr. Reg. Com."},
    "NL": {"registration_number": "KvK"},
    "CZ": {"registration_number": "IČO"},
}


def seller_of(invoice: Invoice, words: Words, notation: Notation) -> PaperParty:
    """The seller of an issued invoice never changes on its paper; a draft's is the company's of today."""
    held: dict[str, Any] = invoice.seller or settings.SELLER or {"name": settings.COMPANY_NAME}
    country = str(held.get("country") or "")
    own = AT_HOME.get(country, {})
    numbers = [
        (words.vat_number, held.get("vat_number")),
        (own.get("tax_code", words.tax_number), held.get("tax_code")),
        (own.get("registration_number", words.registration), held.get("registration_number")),
    ]
    bank = [(words.holder, held.get("name")), (words.bank, held.get("bank")), ("IBAN", grouped(held))]
    return PaperParty(
        name=str(held.get("name") or settings.COMPANY_NAME),
        address=(
            *(str(row) for row in held.get("address", ())),
            *([notation.country(country)] * bool(country)),
        ),
        numbers=_told(numbers),
        bank=_told(bank) if held.get("iban") else (),
        contact=tuple(str(held[name]) for name in ("email",) if held.get(name)),
    )


def grouped(held: dict[str, Any]) -> str:
    """An IBAN in groups of four, as banks print it."""
    iban = str(held.get("iban") or "").replace(" ", "")
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def _told(rows: list[tuple[str, Any]]) -> tuple[tuple[str, str], ...]:
    return tuple((label, str(value)) for label, value in rows if value)
