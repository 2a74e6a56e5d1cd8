"""What a tier gives: features, quotas held against meters, and credits. An edit holds at once, for everybody
who is on the tier."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.catalog import locks
from billing.catalog.measuring import create_feature, create_meter, edit_feature, edit_meter
from billing.catalog.models import Feature, Meter, Past, Per, Quota, Rollover, Tier, TierCredits, TierFeature
from billing.catalog.rules import check_quantity, check_reason, fingerprint
from billing.catalog.terms_models import PackageUnit
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import add_facts, service

__all__ = [
    "CreditsWanted",
    "QuotaWanted",
    "create_feature",
    "create_meter",
    "credits_seen",
    "drop_credits",
    "drop_quota",
    "edit_feature",
    "edit_meter",
    "features_seen",
    "quota_seen",
    "set_credits",
    "set_features",
    "set_quota",
]


@dataclass(frozen=True, slots=True)
class QuotaWanted:
    """A quota as somebody wants it; ``limit`` None is unlimited."""

    limit: int | None
    per: str = Per.MONTH
    past: str = Past.HARD
    credit_unit: str = ""
    credits_each: int | None = None

    @classmethod
    def of(cls, row: Quota) -> "QuotaWanted":
        return cls(row.limit, row.per, row.past, row.credit_unit, row.credits_each)

    def checked(self) -> "QuotaWanted":
        """As it may be stored. Raises `InvalidInput` naming the field."""
        if self.per not in Per.values or self.past not in Past.values:
            raise InvalidInput("quota_malformed", "Quota: choose how often and what happens past it.")
        if self.limit is None:
            return QuotaWanted(None, self.per)
        check_quantity(self.limit, field="limit", label="Up to", least=0)
        if self.past != Past.CREDITS:
            return QuotaWanted(self.limit, self.per, self.past)
        if self.credit_unit not in PackageUnit.values:
            raise InvalidInput(
                "credit_unit_missing", "Paid in: choose which credits pay.", field="credit_unit"
            )
        check_quantity(self.credits_each, field="credits_each", label="Credits for each")
        return self


@dataclass(frozen=True, slots=True)
class CreditsWanted:
    """Credits as somebody wants them granted."""

    amount: int
    per: str = Per.PERIOD
    rollover: str = Rollover.NONE
    rollover_cap: int | None = None

    @classmethod
    def of(cls, row: TierCredits) -> "CreditsWanted":
        return cls(row.amount, row.per, row.rollover, row.rollover_cap)

    def checked(self) -> "CreditsWanted":
        """As it may be stored. Raises `InvalidInput` naming the field."""
        check_quantity(self.amount, field="amount", label="How many")
        if self.per not in (Per.MONTH, Per.PERIOD) or self.rollover not in Rollover.values:
            raise InvalidInput("credits_malformed", "Credits: choose how often, and what is kept.")
        if self.rollover != Rollover.CAPPED:
            return CreditsWanted(self.amount, self.per, self.rollover)
        check_quantity(self.rollover_cap, field="rollover_cap", label="Kept up to", least=0)
        return self


def features_seen(tier: Tier) -> str:
    """What a form that edits this tier's features carries along."""
    return fingerprint(tier.pk, sorted(_given(tier)))


def _given(tier: Tier) -> set[str]:
    return set(TierFeature.objects.filter(tier=tier).values_list("feature__slug", flat=True))


def quota_seen(tier: Tier, meter: Meter) -> str:
    row = Quota.objects.filter(tier=tier, meter=meter).first()
    return fingerprint(tier.pk, meter.pk, asdict(QuotaWanted.of(row)) if row else None)


def credits_seen(tier: Tier, unit: str) -> str:
    row = TierCredits.objects.filter(tier=tier, unit=unit).first()
    return fingerprint(tier.pk, unit, asdict(CreditsWanted.of(row)) if row else None)


@service("catalog")
@transaction.atomic
def set_features(
    *, tier_id: int, slugs: Collection[str], seen: str, reason: str, actor: Actor, now: datetime
) -> Tier:
    """Makes the tier give exactly these features. Raises `Missing` for a slug that is not in the catalog."""
    reason = check_reason(reason)
    tier = locks.lock_tier(tier_id)
    locks.require_seen(seen, features_seen(tier))
    wanted, given = set(slugs), _given(tier)
    if wanted == given:
        raise InvalidInput("nothing_changed", "Features: nothing is changed yet.", field="features")
    known = {each.slug: each for each in Feature.objects.filter(slug__in=wanted)}
    if missing := wanted - set(known):
        raise Missing(
            "feature_unknown", f'Features: the catalog has none called "{min(missing)}".', field="features"
        )
    for row in TierFeature.objects.filter(tier=tier, feature__slug__in=given - wanted):
        row.delete()
    for slug in sorted(wanted - given):
        TierFeature.objects.create(tier=tier, feature=known[slug])
    record(
        tier,
        "features_set",
        actor=actor,
        now=now,
        reason=reason,
        added=sorted(wanted - given),
        removed=sorted(given - wanted),
    )
    add_facts(tier=tier.slug, added=len(wanted - given), removed=len(given - wanted))
    return tier


@service("catalog")
@transaction.atomic
def set_quota(
    *,
    tier_id: int,
    meter_id: int,
    wanted: QuotaWanted,
    seen: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Quota:
    """Gives the tier this quota of the meter, in place of the one that it has.

    Raises `Conflict` for credits past it where the usage was ever priced on this tier: nothing is paid twice.
    """
    wanted, reason = wanted.checked(), check_reason(reason)
    tier = locks.lock_tier(tier_id)
    meter = _meter(meter_id)
    locks.require_seen(seen, quota_seen(tier, meter))
    if wanted.past == Past.CREDITS and meter.usage_prices.filter(tier=tier, unit_amount_minor__gt=0).exists():
        raise Conflict(
            "usage_is_priced",
            f"Past it: usage of {meter.name} has a price on {tier.name}, and nothing is paid twice. "
            "Let it through and count it, or hold it.",
            field="past",
        )
    row = Quota.objects.filter(tier=tier, meter=meter).first()
    before = asdict(QuotaWanted.of(row)) if row else None
    if before == asdict(wanted):
        raise InvalidInput("nothing_changed", "Quota: nothing is changed yet.", field="limit")
    row = row or Quota(tier=tier, meter=meter)
    _fill(row, asdict(wanted))
    record(
        tier, "quota_set", actor=actor, now=now, reason=reason,
        meter=meter.slug, before=before, after=asdict(wanted),
    )  # fmt: skip
    add_facts(tier=tier.slug, meter=meter.slug)
    return row


@service("catalog")
@transaction.atomic
def drop_quota(*, tier_id: int, meter_id: int, seen: str, reason: str, actor: Actor, now: datetime) -> None:
    """Takes the meter from the tier: nothing of it may be used any more."""
    reason = check_reason(reason)
    tier = locks.lock_tier(tier_id)
    meter = _meter(meter_id)
    locks.require_seen(seen, quota_seen(tier, meter))
    row = Quota.objects.filter(tier=tier, meter=meter).first()
    if row is None:
        raise Missing("quota_missing", "This tier has no quota of this meter.")
    before = asdict(QuotaWanted.of(row))
    row.delete()
    record(tier, "quota_dropped", actor=actor, now=now, reason=reason, meter=meter.slug, before=before)


@service("catalog")
@transaction.atomic
def set_credits(
    *, tier_id: int, unit: str, wanted: CreditsWanted, seen: str, reason: str, actor: Actor, now: datetime
) -> TierCredits:
    """Makes the tier grant these credits from the next grant period on; what was granted stays."""
    wanted, reason = wanted.checked(), check_reason(reason)
    if unit not in PackageUnit.values:
        raise InvalidInput("unit_unknown", "Unit: tokens or AI requests.", field="unit")
    tier = locks.lock_tier(tier_id)
    locks.require_seen(seen, credits_seen(tier, unit))
    row = TierCredits.objects.filter(tier=tier, unit=unit).first()
    before = asdict(CreditsWanted.of(row)) if row else None
    if before == asdict(wanted):
        raise InvalidInput("nothing_changed", "Credits: nothing is changed yet.", field="amount")
    row = row or TierCredits(tier=tier, unit=unit)
    _fill(row, asdict(wanted))
    record(
        tier, "credits_set", actor=actor, now=now, reason=reason,
        unit=unit, before=before, after=asdict(wanted),
    )  # fmt: skip
    add_facts(tier=tier.slug, unit=unit)
    return row


@service("catalog")
@transaction.atomic
def drop_credits(*, tier_id: int, unit: str, seen: str, reason: str, actor: Actor, now: datetime) -> None:
    """Makes the tier grant no more credits of this unit; what was granted stays."""
    reason = check_reason(reason)
    tier = locks.lock_tier(tier_id)
    locks.require_seen(seen, credits_seen(tier, unit))
    row = TierCredits.objects.filter(tier=tier, unit=unit).first()
    if row is None:
        raise Missing("credits_missing", "This tier grants no credits of this unit.")
    before = asdict(CreditsWanted.of(row))
    row.delete()
    record(tier, "credits_dropped", actor=actor, now=now, reason=reason, unit=unit, before=before)


def _meter(meter_id: int) -> Meter:
    found = Meter.objects.filter(pk=meter_id).first()
    if found is None:
        raise Missing("meter_missing", "Meter: it is no longer in the catalog.", field="meter")
    return found


def _fill(row: Any, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(row, name, value)
    row.save()
