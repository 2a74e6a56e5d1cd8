"""Money that comes in, goes back, is disputed and is paid out."""

from dataclasses import dataclass
from datetime import date, datetime

from billing.gateways.facts.people import MethodFact


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
class PageFact:
    """A page of the gateway's own on which a customer pays; ``url`` is empty once it is closed."""

    gateway: str
    gateway_id: str
    url: str
    expires_at: datetime
    payment_id: str = ""


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
