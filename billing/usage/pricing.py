"""What usage costs: set for a tier, and worked out for a stretch."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.catalog.locks import lock_tier
from billing.catalog.models import Meter, Past, Quota
from billing.catalog.terms import known_meter
from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import add_facts, service
from billing.money import exact, is_currency, round_half_away
from billing.usage.pricing_models import UsagePrice

__all__ = ["Charge", "UsagePriceWanted", "charge_for", "prices_of", "set_usage_price"]

#: More than anyone asks for a unit, and still whole in every sum.
MOST = 10**12
LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class UsagePriceWanted:
    """So many minor units for each ``per_units`` units past ``included`` in a period."""

    currency: str
    unit_amount_minor: int
    per_units: int = 1
    included: int = 0

    def checked(self) -> "UsagePriceWanted":
        """As it may be stored. Raises `InvalidInput` naming the field."""
        if not is_currency(self.currency):
            raise InvalidInput("currency_unknown", "Currency: choose one of the list.", field="currency")
        for name, label, least in (
            ("unit_amount_minor", "Amount", 0),
            ("per_units", "For each", 1),
            ("included", "Included", 0),
        ):
            if not least <= getattr(self, name) <= MOST:
                raise InvalidInput(f"{name}_malformed", f"{label}: from {least} to {MOST:,}.", field=name)
        return self


@dataclass(frozen=True, slots=True)
class Charge:
    """What a stretch of usage comes to: all of it, what of it is past the included, and its amount."""

    quantity: Decimal
    billed: Decimal
    amount_minor: int


def charge_for(quantity: Decimal, price: UsagePrice) -> Charge:
    """Rounded once, a half away from zero. Pure."""
    billed = max(Decimal(0), quantity - price.included)
    amount = round_half_away(exact(billed) * price.unit_amount_minor / price.per_units)
    return Charge(quantity, billed, amount)


def prices_of(tier_ids: Collection[int]) -> dict[tuple[int, str], dict[int, list[UsagePrice]]]:
    """By tier and currency, each meter's prices, the latest first. One query."""
    found: dict[tuple[int, str], dict[int, list[UsagePrice]]] = {}
    rows = UsagePrice.objects.filter(tier__in=sorted(tier_ids)).select_related("meter")
    for row in rows.order_by("-since", "-pk"):
        found.setdefault((row.tier_id, row.currency), {}).setdefault(row.meter_id, []).append(row)
    return found


@service("usage")
@transaction.atomic
def set_usage_price(
    *,
    tier_id: int,
    meter: str,
    wanted: UsagePriceWanted,
    reason: str,
    actor: Actor,
    now: datetime,
    since: datetime | None = None,
) -> UsagePrice:
    """Prices a meter's usage on a tier from ``since`` on, which is now; nothing before that is billed by it.

    A period that has begun is billed at the price of its start. Raises `InvalidInput` for an amount or a
    reason that cannot be, `Missing` for a tier that is not, `Conflict` for a moment in the past and for a
    meter whose quota on this tier is paid for in credits: nothing is paid twice.
    """
    of: Meter = known_meter(meter)
    checked = wanted.checked()
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidInput("reason_missing", "Reason: say why, for whoever reads it later.", field="reason")
    tier = lock_tier(tier_id)
    if Quota.objects.filter(tier=tier, meter=of, past=Past.CREDITS).exists():
        raise Conflict(
            "usage_is_paid_by_credits",
            f"Price: past its quota {of.name} is paid for in credits on {tier.name}, and nothing is paid "
            "twice. Change the quota first.",
            field="amount",
        )
    begins = since or now
    if begins < now:
        raise Conflict("price_in_the_past", "Since: usage is priced from now on, or later.", field="since")
    row = UsagePrice.objects.create(
        tier=tier,
        meter=of,
        currency=checked.currency,
        unit_amount_minor=checked.unit_amount_minor,
        per_units=checked.per_units,
        included=checked.included,
        since=begins,
        created_at=now,
        reason=reason,
        actor_ref=actor.ref,
        actor_name=actor.name,
    )
    record(
        tier, "usage_priced", actor=actor, now=now, reason=reason, meter=of.slug, currency=checked.currency,
        unit_amount_minor=checked.unit_amount_minor, per_units=checked.per_units, included=checked.included,
    )  # fmt: skip
    add_facts(tier=tier.slug, meter=of.slug, currency=checked.currency)
    return row
