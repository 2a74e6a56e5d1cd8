"""Bills, and what was taken off them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class LineFact:
    """One line of an invoice: net and its tax, minor units."""

    gateway_id: str
    description: str
    quantity: Decimal
    net_minor: int
    tax_minor: int
    unit_amount_minor: Decimal | None = None
    tax_rate: Decimal | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    price_id: str = ""
    is_proration: bool = False


@dataclass(frozen=True, slots=True)
class InvoiceFact:
    """An invoice with the gateway's own sums: total = net + tax.

    ``payment_ids`` are the gateway's ids of the payments that it says were applied to it,
    ``from_balance_minor`` is what the customer's balance at the gateway paid of it.
    """

    gateway: str
    gateway_id: str
    customer_id: str
    subscription_id: str
    state: str
    currency: str
    net_minor: int
    tax_minor: int
    total_minor: int
    created_at: datetime
    as_of: datetime
    lines: tuple[LineFact, ...]
    foreign_number: str = ""
    bill_to: tuple[tuple[str, str], ...] = ()
    finalised_at: datetime | None = None
    due_on: date | None = None
    paid_at: datetime | None = None
    voided_at: datetime | None = None
    uncollectible_at: datetime | None = None
    paid_out_of_band_minor: int = 0
    payment_ids: tuple[str, ...] = ()
    from_balance_minor: int = 0


@dataclass(frozen=True, slots=True)
class InvoicePaymentFact:
    """That a payment was applied to an invoice, by the gateway's own account."""

    gateway: str
    invoice_id: str
    payment_id: str


@dataclass(frozen=True, slots=True)
class CreditNoteFact:
    """What lowered a finalised invoice; ``on_paid_minor`` is the part given back to the customer."""

    gateway: str
    gateway_id: str
    invoice_id: str
    customer_id: str
    currency: str
    net_minor: int
    tax_minor: int
    total_minor: int
    on_paid_minor: int
    issued_at: datetime
    as_of: datetime
    foreign_number: str = ""
    reason: str = ""
    memo: str = ""
    voided_at: datetime | None = None
