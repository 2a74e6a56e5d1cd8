"""Writing what gateways tell of tiers and prices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from billing.catalog.models import Price, Tier
from billing.catalog.rules import RESERVED
from billing.gateways.facts import PriceFact, TierFact
from billing.history.actors import Actor
from billing.history.keeping import Kept, Told, keep, lock_ids
from billing.history.services import record
from billing.logs import add_facts, note_odd, service

LONGEST_SLUG = 64
FIXED = ("tier_id", "currency", "unit_amount_minor", "interval_unit", "interval_count", "tax_inclusive")


@service("catalog")
@transaction.atomic
def record_tiers(facts: Sequence[TierFact], *, actor: Actor, now: datetime) -> dict[str, Kept]:
    """Makes our tiers say what a gateway tells of its products. A slug is given once and stays."""
    kept: dict[str, Kept] = {}
    for gateway in {fact.gateway for fact in facts}:
        some = [fact for fact in facts if fact.gateway == gateway]
        slugs = _free_slugs([(fact.gateway_id, fact.name) for fact in some])
        told = [
            Told(
                fact.gateway_id,
                fact.as_of,
                {
                    "name": fact.name or fact.gateway_id,
                    "description": fact.description,
                    "features": list(fact.features),
                    "is_archived": fact.is_archived,
                    **({"created_at": fact.created_at} if fact.created_at else {}),
                },
                {"slug": slugs[fact.gateway_id], "created_at": fact.created_at or now},
            )
            for fact in some
        ]
        kept |= keep(Tier, gateway, told, actor=actor, now=now, quiet=("description",))
    add_facts(told=len(facts), written=sum(each.written for each in kept.values()))
    return kept


def record_tier(fact: TierFact, *, actor: Actor, now: datetime) -> Tier:
    """As `record_tiers`, for one."""
    return record_tiers([fact], actor=actor, now=now)[fact.gateway_id].row


def mention_tiers(
    gateway: str, gateway_ids: Iterable[str], *, actor: Actor, now: datetime
) -> Mapping[str, Tier]:
    """The tiers of these ids; one that is only named so far is called by its id until it is told of."""
    wanted = sorted(set(gateway_ids))
    known = {each.gateway_id: each for each in Tier.objects.filter(gateway=gateway, gateway_id__in=wanted)}
    missing = [each for each in wanted if each not in known]
    if not missing:
        return known
    slugs = _free_slugs([(each, "") for each in missing])
    told = [
        Told(each, None, at_birth={"slug": slugs[each], "name": each[:120], "created_at": now})
        for each in missing
    ]
    kept = keep(Tier, gateway, told, actor=actor, now=now)
    return known | {gid: each.row for gid, each in kept.items()}


@service("catalog")
@transaction.atomic
def record_prices(facts: Sequence[PriceFact], *, actor: Actor, now: datetime) -> dict[str, Kept]:
    """Makes our prices say what a gateway tells. An amount never changes: a gateway's price that has another
    amount than it had is a new price with the next version, and the old one is archived beside it.
    """
    kept: dict[str, Kept] = {}
    for gateway in {fact.gateway for fact in facts}:
        some = {
            fact.gateway_id: fact for fact in sorted(facts, key=lambda f: f.as_of) if fact.gateway == gateway
        }
        tiers = mention_tiers(gateway, {f.tier_id for f in some.values()}, actor=actor, now=now)
        lock_ids(Price._meta.db_table, gateway, some)
        _part_with_changed(gateway, some, tiers, actor, now)
        kept |= keep(Price, gateway, _prices_told(gateway, some, tiers, now), actor=actor, now=now)
    add_facts(told=len(facts), written=sum(each.written for each in kept.values()))
    return kept


def record_price(fact: PriceFact, *, actor: Actor, now: datetime) -> Price:
    """As `record_prices`, for one."""
    return record_prices([fact], actor=actor, now=now)[fact.gateway_id].row


def mention_prices(facts: Sequence[PriceFact], *, actor: Actor, now: datetime) -> Mapping[str, Price]:
    """The prices that subscriptions embed: those that are new or differ are recorded as told."""
    latest = {fact.gateway_id: fact for fact in facts}
    rows = {
        row.gateway_id: row
        for row in Price.objects.select_related("tier").filter(
            gateway__in={fact.gateway for fact in facts}, gateway_id__in=list(latest)
        )
    }
    news = [
        fact if (row := rows.get(fact.gateway_id)) is None else replace(fact, is_active=row.is_active)
        for fact in latest.values()
        if fact.gateway_id not in rows or _differs(rows[fact.gateway_id], fact, rows[fact.gateway_id].tier_id)
    ]
    if news:
        rows |= {gid: each.row for gid, each in record_prices(news, actor=actor, now=now).items()}
    return rows


def _prices_told(
    gateway: str, facts: Mapping[str, PriceFact], tiers: Mapping[str, Tier], now: datetime
) -> list[Told]:
    known = set(
        Price.objects.filter(gateway=gateway, gateway_id__in=list(facts)).values_list("gateway_id", flat=True)
    )
    news = [fact for gid, fact in facts.items() if gid not in known]
    versions = _next_versions([tiers[fact.tier_id].pk for fact in news])
    told = [Told(gid, facts[gid].as_of, {"is_active": facts[gid].is_active}) for gid in known]
    for fact in sorted(news, key=lambda f: (f.created_at or now, f.gateway_id)):
        place = (tiers[fact.tier_id].pk, fact.currency, fact.interval_unit, fact.interval_count)
        versions[place] = versions.get(place, 0) + 1
        fixed = {
            "tier_id": place[0],
            "currency": fact.currency,
            "unit_amount_minor": fact.unit_amount_minor,
            "interval_unit": fact.interval_unit,
            "interval_count": fact.interval_count,
            "tax_inclusive": fact.tax_inclusive,
            "version": versions[place],
            "created_at": fact.created_at or now,
        }
        told.append(Told(fact.gateway_id, fact.as_of, {"is_active": fact.is_active}, fixed))
    return told


def _next_versions(tier_ids: Sequence[int]) -> dict[tuple[int, str, str, int], int]:
    """The last version of each place, under the lock of its tier."""
    if not tier_ids:
        return {}
    list(Tier.objects.select_for_update().filter(pk__in=tier_ids).order_by("pk").values_list("pk"))
    rows = (
        Price.objects.filter(tier__in=tier_ids)
        .values_list("tier_id", "currency", "interval_unit", "interval_count")
        .annotate(last=Max("version"))
    )
    return {(a, b, c, d): last for a, b, c, d, last in rows}


def _differs(row: Price, fact: PriceFact, tier_id: int) -> bool:
    if row.gateway_as_of is not None and fact.as_of < row.gateway_as_of:
        return False
    told = (
        tier_id,
        fact.currency,
        fact.unit_amount_minor,
        fact.interval_unit,
        fact.interval_count,
        fact.tax_inclusive,
    )
    return told != tuple(getattr(row, name) for name in FIXED)


def _part_with_changed(
    gateway: str, facts: Mapping[str, PriceFact], tiers: Mapping[str, Tier], actor: Actor, now: datetime
) -> None:
    """Archives the rows whose fixed columns no longer agree, and takes the gateway's id off them."""
    rows = (
        Price.objects.select_for_update().filter(gateway=gateway, gateway_id__in=list(facts)).order_by("pk")
    )
    for row in rows:
        fact = facts[row.gateway_id]
        if not _differs(row, fact, tiers[fact.tier_id].pk):
            continue
        note_odd("catalog.price_changed_at_gateway", price=row.gateway_id, version=row.version)
        row.gateway_id = f"{row.gateway_id}~v{row.version}"[:255]
        row.is_active = False
        row.save(update_fields=["gateway_id", "is_active"])
        record(row, "changed", actor=actor, now=now, reason="Replaced at the gateway by another amount.")


def _free_slugs(wanted: Sequence[tuple[str, str]]) -> dict[str, str]:
    """A slug for each (gateway id, name): the name's, made unique by the end of the id where it is taken."""
    first = {
        gid: slugify(name)[:LONGEST_SLUG] or slugify(gid)[:LONGEST_SLUG] or "tier" for gid, name in wanted
    }
    taken = set(RESERVED) | set(Tier.objects.filter(slug__in=first.values()).values_list("slug", flat=True))
    slugs: dict[str, str] = {}
    for gid, slug in first.items():
        if slug in taken:
            tail = slugify(gid)[-12:].strip("-")
            slug = f"{slug[: LONGEST_SLUG - 13]}-{tail}"
        taken.add(slug)
        slugs[gid] = slug
    return slugs
