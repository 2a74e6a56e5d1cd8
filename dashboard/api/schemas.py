"""What goes over the wire. Whole units as numbers, fractions and money never as floats."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field, PlainSerializer, model_validator

Slug = Annotated[str, Field(min_length=1, max_length=64)]
Key = Annotated[str, Field(min_length=1, max_length=80, description="Names this one request of yours.")]
Number = Annotated[Decimal, PlainSerializer(lambda number: f"{number.normalize():f}", return_type=str)]


class Asked(Schema):
    """A body says what it may say and nothing else: a price in it is refused, not overlooked."""

    model_config = ConfigDict(extra="forbid")


class PriceOut(Schema):
    currency: str
    unit_amount_minor: int
    interval: str
    interval_count: int
    per_seat: bool
    tax_inclusive: bool


class QuotaOut(Schema):
    meter: str
    unit: str
    limit: int | None = Field(description="None is unlimited.")
    per: str
    past: str
    credit_unit: str
    credits_each: int | None


class CreditsOut(Schema):
    unit: str
    amount: int
    per: str


class PlanOut(Schema):
    slug: str
    name: str
    description: str
    trial_days: int
    features: list[str]
    quotas: list[QuotaOut]
    credits: list[CreditsOut]
    prices: list[PriceOut]


class PlansOut(Schema):
    plans: list[PlanOut]


class TierOut(Schema):
    slug: str
    name: str
    subscription: str | None
    state: str | None
    period_starts_at: datetime
    period_ends_at: datetime
    renews: bool


class AllowanceOut(Schema):
    meter: str
    unit: str
    given: bool
    used: Number
    limit: int | None = Field(description="None is unlimited.")
    left: Number | None = Field(description="Of the quota, without credits. None is unlimited.")
    per: str
    past: str
    starts_at: datetime | None
    renews_at: datetime | None
    credit_unit: str
    credits_each: int
    credits: int


class MeOut(Schema):
    customer: str
    tiers: list[TierOut]
    features: list[str]
    usage: list[AllowanceOut]
    credits: dict[str, int]


class MayOut(Schema):
    feature: str
    may: bool
    why: str
    tier: str


class CustomerIn(Asked):
    email: Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
    name: Annotated[str, Field(max_length=200)] = ""
    country: Annotated[str, Field(pattern=r"^([A-Za-z]{2})?$")] = ""
    currency: Annotated[str, Field(pattern=r"^([A-Za-z]{3})?$")] = ""
    locale: Annotated[str, Field(max_length=16)] = ""


class CustomerOut(Schema):
    customer: str


class EventIn(Asked):
    customer: Annotated[str, Field(min_length=1, max_length=128)]
    meter: Slug
    quantity: Decimal = Decimal(1)
    key: Annotated[str, Field(min_length=1, max_length=120)]
    at: AwareDatetime
    value: Annotated[str, Field(max_length=400)] = ""


class UsageIn(Asked):
    events: Annotated[list[EventIn], Field(min_length=1, max_length=200)]


class EventOut(Schema):
    key: str
    outcome: Literal["recorded", "repeated", "refused"]
    used: Number | None = None
    credits_paid: int = 0
    problem: dict | None = None


class UsageOut(Schema):
    recorded: int
    refused: int
    events: list[EventOut]


type Interval = Literal["day", "week", "month", "year"]


class TrialIn(Asked):
    plan: Slug
    interval: Interval = "month"
    interval_count: Annotated[int, Field(ge=1, le=36)] = 1
    seats: Annotated[int, Field(ge=1, le=100_000)] = 1
    key: Key
    address: Annotated[str, Field(max_length=45, description="The IP address that asked.")] = ""
    device: Annotated[str, Field(max_length=200)] = ""
    email_verified: bool = False


class TrialOut(Schema):
    subscription: str
    state: str
    trial_ends_at: datetime | None


class CheckoutIn(Asked):
    """A package, or a plan with how often it is billed and for how many seats; never both."""

    package: Slug | None = None
    quantity: Annotated[int, Field(ge=1, le=100, description="Of the package.")] = 1
    plan: Slug | None = None
    interval: Interval = "month"
    interval_count: Annotated[int, Field(ge=1, le=36)] = 1
    seats: Annotated[int, Field(ge=1, le=100_000, description="Of the plan.")] = 1
    return_url: Annotated[str, Field(max_length=2000)] = ""
    key: Key

    @model_validator(mode="after")
    def buys_one_thing(self) -> "CheckoutIn":
        """What belongs to the other kind of purchase is refused, not overlooked."""
        if (self.package is None) == (self.plan is None):
            raise ValueError("Name a package or a plan: one of them.")
        other = {"quantity"} if self.plan is not None else {"interval", "interval_count", "seats"}
        if found := sorted(other & self.model_fields_set):
            raise ValueError(f"Leave out {', '.join(found)}: it does not belong to this purchase.")
        return self


class CheckoutOut(Schema):
    reference: str
    state: str
    url: str
    currency: str
    amount_minor: int | None = Field(description="What is asked for, tax included.")
    expires_at: datetime | None
    subscription: str | None = Field(None, description="What a plan's checkout started, once it was paid.")
