"""Tiers of our own: making, editing, archiving and taking back into sale."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from billing.catalog import locks
from billing.catalog.models import Tier
from billing.catalog.rules import (
    RESERVED,
    check_name,
    check_reason,
    check_slug,
    check_tax_class,
    differences,
    fingerprint,
)
from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import add_facts, service

__all__ = ["TierWords", "archive_tier", "create_tier", "edit_tier", "restore_tier", "seen_of"]

MOST_WORDS, LONGEST_WORD = 40, 200
#: What a gateway tells of a tier is edited at the gateway.
TOLD_BY_GATEWAY = ("name", "description", "words")


@dataclass(frozen=True, slots=True)
class TierWords:
    """What can be edited of a tier. ``words`` are shown on the price list and decide nothing."""

    name: str
    description: str = ""
    rank: int = 0
    trial_days: int = 0
    is_public: bool = True
    is_default: bool = False
    words: tuple[str, ...] = ()
    tax_class: str = ""

    @classmethod
    def of(cls, tier: Tier) -> "TierWords":
        words = (each.get("name", "") if isinstance(each, dict) else str(each) for each in tier.features)
        return cls(
            name=tier.name,
            description=tier.description,
            rank=tier.rank,
            trial_days=tier.trial_days,
            is_public=tier.is_public,
            is_default=tier.is_default,
            words=tuple(each for each in words if each),
            tax_class=tier.tax_class,
        )

    def checked(self) -> "TierWords":
        """As it may be stored. Raises `InvalidInput` naming the field."""
        for field, label, value, most in (
            ("rank", "Rank", self.rank, 1_000),
            ("trial_days", "Trial", self.trial_days, 730),
        ):
            if isinstance(value, bool) or not 0 <= value <= most:
                raise InvalidInput(f"{field}_out_of_range", f"{label}: from 0 to {most:,}.", field=field)
        words = tuple(word for each in self.words if (word := " ".join(each.split())))
        if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
            raise InvalidInput(
                "words_too_long",
                f"On the price list: at most {MOST_WORDS} lines of {LONGEST_WORD} characters.",
                field="words",
            )
        return TierWords(
            check_name(self.name),
            self.description.strip()[:2_000],
            self.rank,
            self.trial_days,
            self.is_public,
            self.is_default,
            words,
            check_tax_class(self.tax_class),
        )


def seen_of(tier: Tier) -> str:
    """What a form that edits this tier carries along."""
    return fingerprint(tier.pk, asdict(TierWords.of(tier)), tier.is_archived)


def _columns(words: TierWords) -> dict[str, Any]:
    columns = asdict(words)
    columns["features"] = list(columns.pop("words"))
    return columns


@service("catalog")
def create_tier(*, slug: str, words: TierWords, reason: str, actor: Actor, now: datetime) -> Tier:
    """Makes a tier; it has no price yet, and nobody can subscribe to it."""
    slug, words, reason = check_slug(slug), words.checked(), check_reason(reason)
    if slug in RESERVED:
        raise InvalidInput("slug_reserved", f'Slug: "{slug}" is taken by the catalog itself.', field="slug")
    try:
        with transaction.atomic():
            if words.is_default:
                _hand_over_default(None, actor, now, reason)
            made = Tier.objects.create(slug=slug, created_at=now, **_columns(words))
            record(made, "created", actor=actor, now=now, reason=reason)
    except IntegrityError as error:
        raise _taken(error, slug) from error
    add_facts(tier=slug)
    return made


def _taken(error: IntegrityError, slug: str) -> Exception:
    if "slug" not in str(error):
        return error
    return Conflict(
        "slug_taken", f'Slug: there is a tier called "{slug}" already. Choose another.', field="slug"
    )


@service("catalog")
@transaction.atomic
def edit_tier(*, tier_id: int, words: TierWords, seen: str, reason: str, actor: Actor, now: datetime) -> Tier:
    """Changes a tier's own columns. ``seen`` is `seen_of` as the form was opened: an edit in between is a
    `Conflict`. What a gateway tells of its tier is refused."""
    words, reason = words.checked(), check_reason(reason)
    tier = locks.lock_tier(tier_id)
    locks.require_seen(seen, seen_of(tier))
    changed = differences(asdict(TierWords.of(tier)), asdict(words))
    if not changed:
        raise InvalidInput("nothing_changed", "Nothing is changed yet.")
    if tier.gateway and (told := [name for name in changed if name in TOLD_BY_GATEWAY]):
        raise InvalidInput(
            "told_by_gateway",
            f"{told[0].capitalize()}: {tier.gateway.capitalize()} tells it. Change it there.",
            field=told[0],
        )
    if words.is_default and tier.is_archived:
        raise InvalidInput(
            "archived", "New users: this tier is archived. Take it back into sale first.", field="is_default"
        )
    if words.is_default and not tier.is_default:
        _hand_over_default(tier, actor, now, reason)
    columns = _columns(words)
    for name, value in columns.items():
        setattr(tier, name, value)
    tier.save(update_fields=list(columns))
    record(tier, "edited", actor=actor, now=now, reason=reason, changed=changed)
    add_facts(tier=tier.slug, changed=sorted(changed))
    return tier


def _hand_over_default(to: Tier | None, actor: Actor, now: datetime, reason: str) -> None:
    """The tier that new users got so far gets them no longer; there is one at most."""
    others = Tier.objects.select_for_update().filter(is_default=True)
    for other in others.exclude(pk=to.pk if to else 0):
        other.is_default = False
        other.save(update_fields=["is_default"])
        record(other, "edited", actor=actor, now=now, reason=reason, changed={"is_default": [True, False]})


@service("catalog")
@transaction.atomic
def archive_tier(*, tier_id: int, seen: str, reason: str, actor: Actor, now: datetime) -> Tier:
    """Takes a tier out of sale. Its subscriptions go on at the price they have."""
    reason = check_reason(reason)
    tier = locks.lock_tier(tier_id)
    locks.require_seen(seen, seen_of(tier))
    if tier.is_archived:
        raise Conflict("archived_before", "This tier is archived already.")
    if tier.is_default:
        raise InvalidInput(
            "new_users_get_it",
            "New users get this tier. Choose another one for them first, then archive this one.",
        )
    tier.is_archived = True
    tier.save(update_fields=["is_archived"])
    record(tier, "archived", actor=actor, now=now, reason=reason)
    return tier


@service("catalog")
@transaction.atomic
def restore_tier(*, tier_id: int, seen: str, reason: str, actor: Actor, now: datetime) -> Tier:
    """Takes an archived tier back into sale, at the prices it has."""
    reason = check_reason(reason)
    tier = locks.lock_tier(tier_id)
    locks.require_seen(seen, seen_of(tier))
    if not tier.is_archived:
        raise Conflict("restored_before", "This tier is in sale already.")
    if tier.gateway:
        raise InvalidInput(
            "told_by_gateway", f"{tier.gateway.capitalize()} says that it is archived. Restore it there."
        )
    tier.is_archived = False
    tier.save(update_fields=["is_archived"])
    record(tier, "restored", actor=actor, now=now, reason=reason)
    return tier


def lines(text: str) -> Sequence[str]:
    """The words of a text area, a line each."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())
