"""What documents say, as one record for each language. `{names}` are filled in where it is used."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Words"]


@dataclass(frozen=True, slots=True)
class Words:
    """Every word of an invoice and a credit note. A language that lacks one does not load."""

    language: str
    # what it is
    invoice: str
    credit_note: str
    draft_invoice: str
    # the head
    number: str
    issued: str
    supplied: str
    due: str
    customer: str
    subscription: str
    bill_to: str
    vat_number: str
    tax_number: str
    registration: str
    replaces: str
    credits: str
    invoiced: str
    reason: str
    reasons: Mapping[str, str]
    # the lines
    item: str
    quantity: str
    each: str
    vat: str
    net: str
    once: str
    takes_back: str
    discount: str
    # the sums
    vat_of: str
    no_vat: str
    rate_untold: str
    total: str
    total_credited: str
    paid: str
    credited: str
    from_balance: str
    settled: str
    amount_due: str
    due_by: str
    # the tax summary
    summary: str
    treatment: str
    gross: str
    treatments: Mapping[str, str]
    laws: Mapping[str, str]
    # paying
    how_to_pay: str
    transfer_by: str
    transfer: str
    collected: str
    payable_otherwise: str
    holder: str
    bank: str
    payment_reference: str
    paid_on: str
    voided_on: str
    credited_whole: str
    draft_says: str
    lowers: str
    given_back: str
    # stamps and the foot
    stamp_paid: str
    stamp_void: str
    stamp_credited: str
    stamp_draft: str
    page: str
