"""What a gateway says about its objects, in our words: plain values that services record.

Times are aware datetimes, amounts minor units of ``currency``. ``as_of`` is the moment the gateway
vouched for the fact; a fact about an earlier moment never overwrites a later one.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class RefundFact:
    """A refund as a gateway tells of it. ``state`` is one of ours: pending, requires_action, succeeded,
    failed, canceled. ``reference`` is our own, when the gateway carries it back."""

    gateway: str
    gateway_id: str
    payment_gateway_id: str
    amount_minor: int
    currency: str
    state: str
    created_at: datetime
    as_of: datetime
    reference: str = ""
    reason: str = ""
    failure_code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class PersonFact:
    """The personal fields of a customer; they are kept in one table and nowhere else."""

    name: str = ""
    email: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    phone: str = ""
    tax_id: str | None = None
    """None: the gateway did not say; what is known stays."""


@dataclass(frozen=True, slots=True)
class CustomerFact:
    """A payer. ``default_method_id`` is the gateway's id of the method charged when none is named.

    ``reference`` is our own, of one that we made known there, when the gateway carries it back.
    """

    gateway: str
    gateway_id: str
    created_at: datetime | None
    as_of: datetime
    person: PersonFact | None = None
    country: str = ""
    currency: str = ""
    locale: str = ""
    default_method_id: str = ""
    is_deleted: bool = False
    reference: str = ""


@dataclass(frozen=True, slots=True)
class MethodFact:
    """A payment method: never more of a card than brand, last four, expiry and a keyed hash.

    ``customer_id`` is empty for one that was detached; ``kind`` is one of `MethodKind`.
    """

    gateway: str
    gateway_id: str
    customer_id: str
    kind: str
    created_at: datetime | None
    as_of: datetime
    brand: str = ""
    last4: str = ""
    exp_month: int | None = None
    exp_year: int | None = None
    fingerprint_hash: str = ""


@dataclass(frozen=True, slots=True)
class TierFact:
    """What is sold. ``features`` are names to show."""

    gateway: str
    gateway_id: str
    name: str
    created_at: datetime | None
    as_of: datetime
    description: str = ""
    features: tuple[str, ...] = ()
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class PriceFact:
    """A recurring amount for one seat and one interval, minor units."""

    gateway: str
    gateway_id: str
    tier_id: str
    currency: str
    unit_amount_minor: int
    interval_unit: str
    interval_count: int
    created_at: datetime | None
    as_of: datetime
    tax_inclusive: bool = False
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class ItemFact:
    """One price of a subscription; ``discount_minor`` is what lasts for ever, for each of its periods."""

    gateway_id: str
    price: PriceFact
    quantity: int
    discount_minor: int = 0


@dataclass(frozen=True, slots=True)
class SubscriptionFact:
    """A subscription; ``state`` is one of ours."""

    gateway: str
    gateway_id: str
    customer_id: str
    state: str
    currency: str
    anchor_at: datetime
    created_at: datetime
    as_of: datetime
    items: tuple[ItemFact, ...]
    current_period_start: datetime | None = None
    current_period_end: datetime | None = None
    trial_ends_at: datetime | None = None
    cancel_at_period_end: bool = False
    cancel_at: datetime | None = None
    canceled_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UsageFact:
    """One use that a gateway has taken: under which identifier, and the moment that it keeps for it."""

    identifier: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EndFact:
    """When a subscription ends, as its gateway says: the day set for it, or that it has."""

    gateway: str
    gateway_id: str
    state: str
    cancel_at: datetime | None
    cancel_at_period_end: bool
    current_period_start: datetime | None
    current_period_end: datetime | None
    ended_at: datetime | None
    as_of: datetime


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
class AttemptFact:
    """One try at a payment, with what the gateway said and took for it.

    ``fee_minor`` is None where the gateway did not say, or charged its fee in another currency;
    ``fee_id`` is the gateway's id of that movement.
    """

    gateway: str
    gateway_id: str
    at: datetime
    state: str
    amount_minor: int
    as_of: datetime
    code: str = ""
    message: str = ""
    captured_minor: int = 0
    method_id: str = ""
    method_kind: str = ""
    card_brand: str = ""
    card_last4: str = ""
    fee_minor: int | None = None
    fee_id: str = ""


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """Money that came, or was to come.

    A gateway may tell of it by its intent, which knows its whole state, or by one of its charges
    (``by_charge``), which knows the charge: then the state moves only towards success. ``reference`` is the
    key under which we made it, when the gateway carries it back. ``saved`` is what it was paid with, where
    the gateway keeps that for later charges.
    """

    gateway: str
    gateway_id: str
    customer_id: str
    state: str
    currency: str
    amount_minor: int
    captured_minor: int
    created_at: datetime
    as_of: datetime
    by_charge: bool = False
    method_id: str = ""
    failure_code: str = ""
    failure_message: str = ""
    description: str = ""
    succeeded_at: datetime | None = None
    invoice_id: str = ""
    reference: str = ""
    attempts: tuple[AttemptFact, ...] = ()
    saved: MethodFact | None = None


@dataclass(frozen=True, slots=True)
class PageFact:
    """A page of the gateway's own on which a customer pays; ``url`` is empty once it is closed."""

    gateway: str
    gateway_id: str
    url: str
    expires_at: datetime
    payment_id: str = ""


@dataclass(frozen=True, slots=True)
class SetupFact:
    """A page of the gateway's own on which a customer leaves a card: open, complete or expired.

    ``method`` is what was left, once it is complete; ``reference`` is our own, as the gateway carries it
    back.
    """

    gateway: str
    gateway_id: str
    reference: str
    state: str
    as_of: datetime
    method: MethodFact | None = None


@dataclass(frozen=True, slots=True)
class FundsFact:
    """Money that a dispute moved: below zero taken from us, above zero given back; its fee beside it."""

    gateway_id: str
    amount_minor: int
    fee_minor: int
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DisputeFact:
    """A chargeback or its warning; ``payment_gateway_id`` is that of the intent, else of the charge.

    ``is_early_warning``: a card network's word that its holder may dispute the charge. It is an object of its
    own at the gateway, disputes all of the payment, and becomes one with the chargeback that follows it.
    """

    gateway: str
    gateway_id: str
    payment_gateway_id: str
    charge_gateway_id: str
    state: str
    reason: str
    currency: str
    amount_minor: int
    created_at: datetime
    as_of: datetime
    evidence_due_at: datetime | None = None
    funds: tuple[FundsFact, ...] = ()
    is_early_warning: bool = False


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


@dataclass(frozen=True, slots=True)
class PayoutFact:
    """Money that the gateway sends to our bank, or takes from it where the amount is below zero."""

    gateway: str
    gateway_id: str
    state: str
    currency: str
    amount_minor: int
    created_at: datetime
    as_of: datetime
    arrival_on: date | None = None
    is_automatic: bool = False
    is_instant: bool = False
    is_reconciled: bool = False
    failure_code: str = ""
    failure_message: str = ""


@dataclass(frozen=True, slots=True)
class CheckoutFact:
    """A gateway's own page on which a customer was to pay; ``state`` is open, complete or expired.

    ``amount_minor`` and ``currency`` are empty where nothing has been put into it yet. ``reference`` is our
    own, when the gateway carries it back.
    """

    gateway: str
    gateway_id: str
    mode: str
    state: str
    payment_state: str
    created_at: datetime
    as_of: datetime
    customer_id: str = ""
    payment_id: str = ""
    subscription_id: str = ""
    currency: str = ""
    amount_minor: int | None = None
    expires_at: datetime | None = None
    reference: str = ""
