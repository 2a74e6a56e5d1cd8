"""What tiers give, read at once: the one reading that entitlements, usage and renewals stand on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Prefetch

from billing.catalog.models import Feature, Meter, Quota, Tier, TierCredits, TierFeature
from billing.errors import Missing
from billing.logs import note_odd

__all__ = ["CreditTerms", "QuotaTerms", "Terms", "Unknown", "known_feature", "known_meter", "terms_of"]


class Unknown(Missing):
    """A slug that the catalog does not have: a mistake in the asking program, and never a yes."""


@dataclass(frozen=True, slots=True)
class QuotaTerms:
    """How much of a meter is given ``per`` day, month or period; ``limit`` None is unlimited.

    ``past`` is hard, soft or credits; with credits each unit of the meter costs ``credits_each`` of
    ``credit_unit``. The meter's own words stand beside it, so that nothing else need be read.
    """

    meter_id: int
    meter: str
    unit: str
    aggregation: str
    rounding: str
    limit: int | None
    per: str
    past: str
    credit_unit: str = ""
    credits_each: int | None = None


@dataclass(frozen=True, slots=True)
class CreditTerms:
    """How many credits of a unit are granted ``per`` month or period; ``rollover_cap`` only when capped."""

    unit: str
    amount: int
    per: str
    rollover: str
    rollover_cap: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What one tier gives. A meter that is not among the quotas is not given at all."""

    tier_id: int
    slug: str
    rank: int
    trial_days: int
    features: frozenset[str] = frozenset()
    quotas: Mapping[str, QuotaTerms] = field(default_factory=dict)
    credits: tuple[CreditTerms, ...] = ()


def terms_of(tier_ids: Iterable[int]) -> dict[int, Terms]:
    """The terms of these tiers by id; four queries however many. Raises `Unknown` for a tier that is not."""
    wanted = set(tier_ids)
    found = Tier.objects.filter(pk__in=wanted).prefetch_related(
        Prefetch("given", TierFeature.objects.select_related("feature")),
        Prefetch("quotas", Quota.objects.select_related("meter").order_by("meter__name")),
        Prefetch("credits", TierCredits.objects.order_by("unit")),
    )
    terms = {tier.pk: _terms(tier) for tier in found}
    if missing := wanted - set(terms):
        note_odd("catalog.unknown_tier", tiers=sorted(missing)[:10])
        raise Unknown("tier_unknown", f"The catalog has no tier with the number {min(missing)}.")
    return terms


def _terms(tier: Tier) -> Terms:
    return Terms(
        tier_id=tier.pk,
        slug=tier.slug,
        rank=tier.rank,
        trial_days=tier.trial_days,
        features=frozenset(each.feature.slug for each in tier.given.all()),
        quotas={each.meter.slug: quota_terms(each) for each in tier.quotas.all()},
        credits=tuple(
            CreditTerms(each.unit, each.amount, each.per, each.rollover, each.rollover_cap)
            for each in tier.credits.all()
        ),
    )


def quota_terms(quota: Quota) -> QuotaTerms:
    """A quota with its meter, which must have been selected with it."""
    meter = quota.meter
    return QuotaTerms(
        meter_id=meter.pk,
        meter=meter.slug,
        unit=meter.unit,
        aggregation=meter.aggregation,
        rounding=meter.rounding,
        limit=quota.limit,
        per=quota.per,
        past=quota.past,
        credit_unit=quota.credit_unit,
        credits_each=quota.credits_each,
    )


def known_feature(slug: str) -> Feature:
    """The feature. Raises `Unknown`: asking for one that is not in the catalog is an error, never a yes."""
    found = Feature.objects.filter(slug=slug).first()
    if found is None:
        note_odd("catalog.unknown_feature", slug=slug[:64])
        raise Unknown(
            "feature_unknown", f'Feature: the catalog has none called "{slug[:64]}".', field="feature"
        )
    return found


def known_meter(slug: str) -> Meter:
    """The meter. Raises `Unknown` for one that is not in the catalog."""
    found = Meter.objects.filter(slug=slug).first()
    if found is None:
        note_odd("catalog.unknown_meter", slug=slug[:64])
        raise Unknown("meter_unknown", f'Meter: the catalog has none called "{slug[:64]}".', field="meter")
    return found
