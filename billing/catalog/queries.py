"""Reading the catalog: tiers with their prices, and how many subscriptions pay each version."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Count, Q

from billing.catalog.models import Price, Tier
from billing.catalog.terms import (
    CreditTerms,
    QuotaTerms,
    Terms,
    Unknown,
    known_feature,
    known_meter,
    terms_of,
)
from billing.logs import note_odd

__all__ = [
    "RUNNING",
    "CreditTerms",
    "Line",
    "QuotaTerms",
    "Slot",
    "Terms",
    "Unknown",
    "known_feature",
    "known_meter",
    "lines_of",
    "newest_versions",
    "payers_of",
    "slot_of",
    "terms_of",
    "tier_by_slug",
    "tiers",
]

#: Subscriptions that still run; those that have ended pay nothing.
RUNNING = ("incomplete", "trialing", "active", "past_due", "unpaid", "paused")
type Slot = tuple[int, str, str, int]


def slot_of(price: Price) -> Slot:
    """What versions are counted within: tier, currency and interval."""
    return price.tier_id, price.currency, price.interval_unit, price.interval_count


def newest_versions(prices: Iterable[Price]) -> dict[int, Price]:
    """For each of these prices, by its id, the newest version in its slot. One query."""
    asked = list(prices)
    tiers = {price.tier_id for price in asked}
    if not asked:
        return {}
    newest: dict[Slot, Price] = {}
    for price in Price.objects.filter(tier__in=tiers).order_by("version"):
        newest[slot_of(price)] = price
    return {price.pk: newest[slot_of(price)] for price in asked}


@dataclass(frozen=True, slots=True)
class Line:
    """One currency and interval of a tier, its versions newest first, each with how many pay it."""

    currency: str
    interval_unit: str
    interval_count: int
    versions: tuple[tuple[Price, int], ...]

    @property
    def newest(self) -> Price:
        return self.versions[0][0]

    @property
    def payers(self) -> int:
        return sum(count for _, count in self.versions)


def tiers() -> list[Tier]:
    """Every tier from small to large."""
    return list(Tier.objects.order_by("rank", "name", "pk"))


def tier_by_slug(slug: str) -> Tier | None:
    """The tier, or None; asking for one that is not sold leaves a line, for it is a wrong link or a typo."""
    tier = Tier.objects.filter(slug=slug).first()
    if tier is None:
        note_odd("catalog.unknown_tier", slug=slug[:64])
    return tier


def payers_of(price_ids: Iterable[int] | None = None) -> dict[int, int]:
    """How many running subscriptions pay each price; one grouped query."""
    # Subscriptions stand a floor above: the table is read, nothing of theirs is called.
    items = apps.get_model("billing", "SubscriptionItem").objects.filter(subscription__state__in=RUNNING)
    if price_ids is not None:
        items = items.filter(price__in=list(price_ids))
    rows = items.order_by().values_list("price_id").annotate(n=Count("subscription", distinct=True))
    return dict(rows)


def lines_of(found: Iterable[Tier]) -> dict[int, list[Line]]:
    """The price lines of these tiers by the tier's id, in two queries."""
    ids = [tier.pk for tier in found]
    prices = list(Price.objects.filter(Q(tier__in=ids)).order_by("-version", "-pk"))
    counts = payers_of(price.pk for price in prices)
    slots: dict[Slot, list[tuple[Price, int]]] = {}
    for price in prices:
        slots.setdefault(slot_of(price), []).append((price, counts.get(price.pk, 0)))
    lengths = {"day": 1, "week": 7, "month": 30, "year": 365}
    made: dict[int, list[Line]] = {pk: [] for pk in ids}
    for slot in sorted(slots, key=lambda slot: (slot[1], lengths[slot[2]] * slot[3])):
        made[slot[0]].append(Line(slot[1], slot[2], slot[3], tuple(slots[slot])))
    return made
