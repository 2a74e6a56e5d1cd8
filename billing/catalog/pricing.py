"""Prices of our own: a change is another row with the next version, never an edit."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from billing.catalog import locks
from billing.catalog.models import Price
from billing.catalog.rules import check_amount, check_interval, check_reason
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import add_facts, service
from billing.money import Money

__all__ = ["PriceWanted", "add_price", "newest_version", "retire_price"]


@dataclass(frozen=True, slots=True)
class PriceWanted:
    """A price as somebody wants it: minor units for one interval, of one seat or flat."""

    currency: str
    amount_minor: int
    interval_unit: str
    interval_count: int = 1
    per_seat: bool = True
    tax_inclusive: bool = False

    def check(self) -> None:
        check_amount(self.amount_minor, self.currency)
        check_interval(self.interval_unit, self.interval_count)


def newest_version(tier_id: int, wanted: PriceWanted) -> int:
    """The newest version in this currency and interval; 0 where there is none."""
    slot = Price.objects.filter(
        tier=tier_id,
        currency=wanted.currency,
        interval_unit=wanted.interval_unit,
        interval_count=wanted.interval_count,
    )
    return slot.aggregate(newest=Max("version"))["newest"] or 0


@service("catalog")
@transaction.atomic
def add_price(
    *, tier_id: int, wanted: PriceWanted, based_on: int, reason: str, actor: Actor, now: datetime
) -> Price:
    """Writes the next version of a tier's price. Who subscribes from now on pays it; whoever pays an older
    one goes on paying that.

    ``based_on`` is the newest version that the form showed, 0 for none: a newer one in between is a
    `Conflict`.
    """
    wanted.check()
    reason = check_reason(reason)
    tier = locks.lock_tier(tier_id)
    newest = newest_version(tier.pk, wanted)
    if newest != based_on:
        raise Conflict(
            "price_moved_on",
            f"This price is at version {newest} by now, and you saw {based_on or 'none'}. Reload to see it.",
            facts={"newest": newest, "based_on": based_on},
        )
    if tier.is_archived:
        raise Conflict("tier_archived", "This tier is archived. Take it back into sale first.")
    olds = Price.objects.filter(
        tier=tier,
        currency=wanted.currency,
        interval_unit=wanted.interval_unit,
        interval_count=wanted.interval_count,
    )
    latest = olds.filter(version=newest).first()
    if latest is not None and latest.is_active and _same(latest, wanted):
        raise InvalidInput("nothing_changed", "Price: this is what it costs already.", field="amount")
    for old in olds.filter(is_active=True, gateway="").order_by("pk"):
        old.is_active = False
        old.save(update_fields=["is_active"])
    made = Price.objects.create(
        tier=tier,
        currency=wanted.currency,
        unit_amount_minor=wanted.amount_minor,
        interval_unit=wanted.interval_unit,
        interval_count=wanted.interval_count,
        version=newest + 1,
        tax_inclusive=wanted.tax_inclusive,
        per_seat=wanted.per_seat,
        created_at=now,
    )
    record(
        made,
        "priced",
        actor=actor,
        now=now,
        reason=reason,
        money=Money(wanted.amount_minor, wanted.currency),
        version=made.version,
        every=[wanted.interval_count, wanted.interval_unit],
        before_minor=latest.unit_amount_minor if latest else None,
    )
    add_facts(tier=tier.slug, currency=wanted.currency, version=made.version)
    return made


def _same(price: Price, wanted: PriceWanted) -> bool:
    return (price.unit_amount_minor, price.per_seat, price.tax_inclusive) == (
        wanted.amount_minor,
        wanted.per_seat,
        wanted.tax_inclusive,
    )


@service("catalog")
@transaction.atomic
def retire_price(*, price_id: int, reason: str, actor: Actor, now: datetime) -> Price:
    """Offers a price to nobody new. Whoever pays it goes on paying it."""
    reason = check_reason(reason)
    found = Price.objects.filter(pk=price_id).first()
    if found is None:
        raise Missing("price_missing", "This price is no longer here.")
    locks.lock_tier(found.tier_id)
    price = Price.objects.select_for_update().get(pk=price_id)
    if price.gateway:
        raise InvalidInput(
            "told_by_gateway", f"{price.gateway.capitalize()} offers this price. Archive it there."
        )
    if not price.is_active:
        raise Conflict("price_retired_before", "This price is retired already.")
    price.is_active = False
    price.save(update_fields=["is_active"])
    money = Money(price.unit_amount_minor, price.currency)
    record(price, "retired", actor=actor, now=now, reason=reason, money=money, version=price.version)
    return price
