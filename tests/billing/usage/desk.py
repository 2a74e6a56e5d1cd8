"""A desk of usage: a meter, a tier with a quota on it, and customers who use it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from billing.entitlements import services as entitlements
from billing.history.actors import system
from billing.ids import form_key
from billing.models import Customer, Meter, Tier
from billing.usage.writing import Wrote
from tests import make

NOW = make.NOW
HOST = system("host")


def plan(
    *, limit: int | None = 10, per: str = "month", past: str = "hard", **more: Any
) -> tuple[Tier, Meter]:
    """A tier with a quota on a meter of its own; what is left is the meter's."""
    tier = make.tier()
    quota = {name: more.pop(name) for name in ("credit_unit", "credits_each") if name in more}
    meter = make.meter(**more)
    make.quota(tier, meter=meter, limit=limit, per=per, past=past, **quota)
    return tier, meter


def subscriber(tier: Tier, **more: Any) -> Customer:
    """A customer on a tier, by the month, since NOW."""
    customer = make.customer()
    fields = {
        "anchor_at": NOW - timedelta(days=8),
        "current_period_start": NOW - timedelta(days=8),
        "current_period_end": NOW + timedelta(days=22),
        **more,
    }
    make.subscription(customer, tier.prices.first() or make.price(tier), **fields)
    return customer


def use(of: Customer, meter: Meter, quantity: Decimal | int = 1, **more: Any) -> Wrote:
    """As a host reports it, now, under a key of its own."""
    fields = {"key": form_key(), "at": NOW, "actor": HOST, "now": NOW, **more}
    return entitlements.record_usage(customer_id=of.pk, meter=meter.slug, quantity=quantity, **fields)
