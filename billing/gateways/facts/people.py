"""Who customers are, and what they pay with."""

from dataclasses import dataclass
from datetime import datetime


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
