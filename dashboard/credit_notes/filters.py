"""What credit notes can be narrowed by."""

from billing.invoices.queries import currencies_invoiced
from dashboard.lists import filters


def currencies() -> list[tuple[str, str]]:
    return [(code, code) for code in currencies_invoiced()]


class CreditNoteFilters(filters.ListFilters):
    currency = filters.Choices("currency", "Currency", currencies)
    amount_min = filters.Amount("total_minor", "Total", "gte", currencies_invoiced)
    amount_max = filters.Amount("total_minor", "Total", "lte", currencies_invoiced)
    issued_from = filters.Day("issued_at", "Issued", "from")
    issued_to = filters.Day("issued_at", "Issued", "to")
    customer = filters.OfCustomer()
