"""Asking what a customer may do, without doing it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from billing.credits.models import CreditLot
from billing.entitlements.holding import HeldMeter, held_feature, held_meter
from billing.entitlements.rules import number_said
from billing.usage.models import UsageCounter
from billing.usage.queries import COLUMN
from billing.usage.rules import round_units

__all__ = ["Allowance", "Answer", "allowance", "allowance_of", "can_use", "spendable"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes or no, and why; true or false where it is asked for as such."""

    yes: bool
    why: str
    feature: str
    tier: str

    def __bool__(self) -> bool:
        return self.yes


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a meter. ``limit`` and ``left`` None are unlimited; without a quota both are 0.

    ``credits`` can pay what goes past the quota, at ``credits_each`` of ``credit_unit`` a unit.
    """

    meter: str
    unit: str
    tier: str
    given: bool
    limit: int | None
    used: Decimal
    per: str
    past: str
    starts_at: datetime | None
    renews_at: datetime | None
    credit_unit: str = ""
    credits_each: int = 0
    credits: int = 0

    @property
    def left(self) -> Decimal | None:
        """Of the quota itself, without credits; never below 0."""
        if not self.given:
            return Decimal(0)
        return None if self.limit is None else max(Decimal(0), self.limit - self.used)

    @property
    def paid_units(self) -> int:
        """How many units more the credits would pay."""
        return self.credits // self.credits_each if self.credits_each else 0


def can_use(customer_id: int, feature: str, *, now: datetime) -> Answer:
    """Whether the customer's tier, or without a subscription the free tier, gives a feature. One query.

    Raises `Unknown` for a feature that the catalog does not have and `Missing` for a customer that is not:
    neither is ever a yes.
    """
    held = held_feature(customer_id, feature, at=now)
    if held.has:
        why = f"{held.tier_name} includes {held.feature_name}."
    elif held.tier:
        why = f"{held.tier_name} does not include {held.feature_name}."
    else:
        why = f"Without a subscription there is no {held.feature_name}."
    return Answer(held.has, why, feature, held.tier)


def allowance(customer_id: int, meter: str, *, now: datetime, at: datetime | None = None) -> Allowance:
    """What the customer has left of a meter at a moment. Two queries, three where credits pay past the quota.

    Raises `Unknown` for a meter that the catalog does not have, `Missing` for a customer that is not.
    """
    return allowance_of(held_meter(customer_id, meter, at=now), at=at or now, now=now)


def allowance_of(held: HeldMeter, *, at: datetime, now: datetime) -> Allowance:
    """As `allowance`, for what is held."""
    quota = held.quota
    if quota is None:
        return Allowance(
            held.meter, "", held.tier, False, 0, Decimal(0), "", "hard", starts_at=None, renews_at=None
        )
    stretch = held.stretch(at)
    column = COLUMN[quota.aggregation]
    number = (
        UsageCounter.objects.filter(
            customer=held.customer_id, meter=held.meter_id, span=quota.per, starts_at=stretch.start
        )
        .values_list(column, flat=True)
        .first()
    )
    return Allowance(
        meter=held.meter,
        unit=quota.unit,
        tier=held.tier,
        given=True,
        limit=quota.limit,
        used=round_units(Decimal(number or 0), quota.rounding),
        per=quota.per,
        past=quota.past,
        starts_at=stretch.start,
        renews_at=held.renews_at(at),
        credit_unit=quota.credit_unit,
        credits_each=quota.credits_each or 0,
        credits=spendable(held.customer_id, quota.credit_unit, now=now) if quota.past == "credits" else 0,
    )


def spendable(customer_id: int, unit: str, *, now: datetime) -> int:
    """How many credits of a unit can be used now. One query."""
    lots = CreditLot.objects.filter(
        account__customer=customer_id, account__unit=unit, is_open=True, remainder__gt=0
    )
    ended = lots.filter(expires_at__lte=now).aggregate(n=Sum("remainder"))["n"] or 0
    return (lots.aggregate(n=Sum("remainder"))["n"] or 0) - ended


def said(found: Allowance) -> str:
    """The allowance in a sentence."""
    if not found.given:
        return f"{found.meter} is not included."
    if found.limit is None:
        return f"{found.meter}: {number_said(found.used)} used, without a limit."
    return f"{found.meter}: {number_said(found.used)} of {found.limit:,} used."
