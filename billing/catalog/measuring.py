"""Features and meters themselves, which tiers share."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import IntegrityError, models, transaction

from billing.catalog.locks import require_seen
from billing.catalog.models import Aggregation, Feature, Meter, Quota, Rounding
from billing.catalog.rules import check_name, check_reason, check_slug, differences, fingerprint
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import service

__all__ = [
    "FeatureWords",
    "MeterWords",
    "create_feature",
    "create_meter",
    "edit_feature",
    "edit_meter",
    "seen_of_feature",
    "seen_of_meter",
]


@dataclass(frozen=True, slots=True)
class FeatureWords:
    """What can be edited of a feature; its slug is given once."""

    name: str
    description: str = ""

    @classmethod
    def of(cls, row: Feature) -> "FeatureWords":
        return cls(row.name, row.description)

    def checked(self) -> "FeatureWords":
        return FeatureWords(check_name(self.name), self.description.strip()[:2_000])


@dataclass(frozen=True, slots=True)
class MeterWords:
    """What can be edited of a meter. How it counts is fixed once a tier has a quota of it."""

    name: str
    unit: str
    aggregation: str = Aggregation.SUM
    rounding: str = Rounding.NONE

    @classmethod
    def of(cls, row: Meter) -> "MeterWords":
        return cls(row.name, row.unit, row.aggregation, row.rounding)

    def checked(self) -> "MeterWords":
        unit = " ".join(self.unit.split())
        if not unit or len(unit) > 40:
            raise InvalidInput(
                "unit_missing", 'Unit: what one of it is called, such as "call".', field="unit"
            )
        if self.aggregation not in Aggregation.values:
            raise InvalidInput("aggregation_unknown", "Counts: choose how.", field="aggregation")
        if self.rounding not in Rounding.values:
            raise InvalidInput("rounding_unknown", "Rounds: choose how.", field="rounding")
        return MeterWords(check_name(self.name), unit, self.aggregation, self.rounding)


def seen_of_feature(row: Feature) -> str:
    return fingerprint(row.pk, asdict(FeatureWords.of(row)))


def seen_of_meter(row: Meter) -> str:
    return fingerprint(row.pk, asdict(MeterWords.of(row)))


@service("catalog")
def create_feature(*, slug: str, words: FeatureWords, reason: str, actor: Actor, now: datetime) -> Feature:
    """Names a feature; no tier gives it yet."""
    made = Feature(slug=check_slug(slug), created_at=now, **asdict(words.checked()))
    _create(made, "feature", check_reason(reason), actor, now)
    return made


@service("catalog")
def create_meter(*, slug: str, words: MeterWords, reason: str, actor: Actor, now: datetime) -> Meter:
    """Names a meter; no tier gives any of it yet."""
    made = Meter(slug=check_slug(slug), created_at=now, **asdict(words.checked()))
    _create(made, "meter", check_reason(reason), actor, now)
    return made


def _create(row: models.Model, noun: str, reason: str, actor: Actor, now: datetime) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            record(row, "created", actor=actor, now=now, reason=reason)
    except IntegrityError as error:
        if "slug" not in str(error):
            raise
        raise Conflict(
            "slug_taken", f"Slug: there is such a {noun} already. Choose another.", field="slug"
        ) from error


@service("catalog")
@transaction.atomic
def edit_feature(
    *, feature_id: int, words: FeatureWords, seen: str, reason: str, actor: Actor, now: datetime
) -> Feature:
    """Changes how a feature is called."""
    words, reason = words.checked(), check_reason(reason)
    row = Feature.objects.select_for_update().filter(pk=feature_id).first()
    if row is None:
        raise Missing("feature_missing", "This feature is no longer here.")
    require_seen(seen, seen_of_feature(row))
    changed = differences(asdict(FeatureWords.of(row)), asdict(words))
    if not changed:
        raise InvalidInput("nothing_changed", "Nothing is changed yet.")
    row.name, row.description = words.name, words.description
    row.save(update_fields=["name", "description"])
    record(row, "edited", actor=actor, now=now, reason=reason, changed=changed)
    return row


@service("catalog")
@transaction.atomic
def edit_meter(
    *, meter_id: int, words: MeterWords, seen: str, reason: str, actor: Actor, now: datetime
) -> Meter:
    """Changes a meter. How it counts and rounds is refused once a tier has a quota of it: what was counted
    would mean something else."""
    words, reason = words.checked(), check_reason(reason)
    row = Meter.objects.select_for_update().filter(pk=meter_id).first()
    if row is None:
        raise Missing("meter_missing", "This meter is no longer here.")
    require_seen(seen, seen_of_meter(row))
    changed = differences(asdict(MeterWords.of(row)), asdict(words))
    if not changed:
        raise InvalidInput("nothing_changed", "Nothing is changed yet.")
    if {"aggregation", "rounding"} & set(changed) and Quota.objects.filter(meter=row).exists():
        raise InvalidInput(
            "meter_in_use",
            "Counts: tiers have a quota of this meter, and what was counted so far would mean something "
            "else. Make another meter.",
            field="aggregation" if "aggregation" in changed else "rounding",
        )
    for name, value in asdict(words).items():
        setattr(row, name, value)
    row.save(update_fields=list(asdict(words)))
    record(row, "edited", actor=actor, now=now, reason=reason, changed=changed)
    return row
