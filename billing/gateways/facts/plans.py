"""What is sold, and what customers are on."""

from dataclasses import dataclass
from datetime import datetime


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
class UsageFact:
    """One use that a gateway has taken: under which identifier, and the moment that it keeps for it."""

    identifier: str
    at: datetime
