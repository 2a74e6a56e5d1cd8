"""Token packages: making, editing, archiving, and prices whose change is another row."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from billing.catalog import locks
from billing.catalog.models import PackagePrice, TokenPackage
from billing.catalog.rules import (
    check_amount,
    check_name,
    check_quantity,
    check_reason,
    check_slug,
    check_tax_class,
    differences,
    fingerprint,
)
from billing.catalog.terms_models import PackageUnit
from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import add_facts, service
from billing.money import Money

__all__ = [
    "PackagePriceWanted",
    "PackageWords",
    "add_package_price",
    "archive_package",
    "create_package",
    "edit_package",
    "newest_package_version",
    "restore_package",
    "seen_of_package",
]

LONGEST_VALIDITY = 3_650


@dataclass(frozen=True, slots=True)
class PackageWords:
    """What can be edited of a package; slug and unit are given once."""

    name: str
    description: str = ""
    rank: int = 0
    is_public: bool = True
    tax_class: str = ""

    @classmethod
    def of(cls, row: TokenPackage) -> "PackageWords":
        return cls(row.name, row.description, row.rank, row.is_public, row.tax_class)

    def checked(self) -> "PackageWords":
        if isinstance(self.rank, bool) or not 0 <= self.rank <= 1_000:
            raise InvalidInput("rank_out_of_range", "Rank: from 0 to 1,000.", field="rank")
        return PackageWords(
            check_name(self.name),
            self.description.strip()[:2_000],
            self.rank,
            self.is_public,
            check_tax_class(self.tax_class),
        )


@dataclass(frozen=True, slots=True)
class PackagePriceWanted:
    """How many units for how many minor units; ``valid_days`` None never expires."""

    currency: str
    amount_minor: int
    units: int
    valid_days: int | None = None
    tax_inclusive: bool = False

    def check(self) -> None:
        check_amount(self.amount_minor, self.currency, least=1)
        check_quantity(self.units, field="units", label="Units")
        if self.valid_days is not None and not 1 <= self.valid_days <= LONGEST_VALIDITY:
            raise InvalidInput(
                "valid_days_out_of_range",
                f"Valid: from 1 to {LONGEST_VALIDITY:,} days, or empty for ever.",
                field="valid_days",
            )


def seen_of_package(row: TokenPackage) -> str:
    """What a form that edits this package carries along."""
    return fingerprint(row.pk, asdict(PackageWords.of(row)), row.is_archived)


def newest_package_version(package_id: int, currency: str) -> int:
    """The newest version in this currency; 0 where there is none."""
    prices = PackagePrice.objects.filter(package=package_id, currency=currency)
    return prices.aggregate(newest=Max("version"))["newest"] or 0


@service("catalog")
def create_package(
    *, slug: str, unit: str, words: PackageWords, reason: str, actor: Actor, now: datetime
) -> TokenPackage:
    """Makes a package; it has no price yet, and nobody can buy it."""
    slug, words, reason = check_slug(slug), words.checked(), check_reason(reason)
    if unit not in PackageUnit.values:
        raise InvalidInput("unit_unknown", "Unit: tokens or AI requests.", field="unit")
    try:
        with transaction.atomic():
            made = TokenPackage.objects.create(slug=slug, unit=unit, created_at=now, **asdict(words))
            record(made, "created", actor=actor, now=now, reason=reason)
    except IntegrityError as error:
        if "slug" not in str(error):
            raise
        raise Conflict(
            "slug_taken", "Slug: there is such a package already. Choose another.", field="slug"
        ) from error
    add_facts(package=slug)
    return made


@service("catalog")
@transaction.atomic
def edit_package(
    *, package_id: int, words: PackageWords, seen: str, reason: str, actor: Actor, now: datetime
) -> TokenPackage:
    """Changes how a package is shown. What it costs and gives are its prices."""
    words, reason = words.checked(), check_reason(reason)
    package = locks.lock_package(package_id)
    locks.require_seen(seen, seen_of_package(package))
    changed = differences(asdict(PackageWords.of(package)), asdict(words))
    if not changed:
        raise InvalidInput("nothing_changed", "Nothing is changed yet.")
    for name, value in asdict(words).items():
        setattr(package, name, value)
    package.save(update_fields=list(asdict(words)))
    record(package, "edited", actor=actor, now=now, reason=reason, changed=changed)
    return package


@service("catalog")
def archive_package(*, package_id: int, seen: str, reason: str, actor: Actor, now: datetime) -> TokenPackage:
    """Sells it to nobody any more. What was bought stays; checkouts under way are still honoured."""
    return _shelve(package_id, True, seen, reason, actor, now)


@service("catalog")
def restore_package(*, package_id: int, seen: str, reason: str, actor: Actor, now: datetime) -> TokenPackage:
    """Takes an archived package back into sale."""
    return _shelve(package_id, False, seen, reason, actor, now)


@transaction.atomic
def _shelve(package_id: int, away: bool, seen: str, reason: str, actor: Actor, now: datetime) -> TokenPackage:
    reason = check_reason(reason)
    package = locks.lock_package(package_id)
    locks.require_seen(seen, seen_of_package(package))
    if package.is_archived == away:
        raise Conflict("shelved_before", f"This package is {'archived' if away else 'in sale'} already.")
    package.is_archived = away
    package.save(update_fields=["is_archived"])
    record(package, "archived" if away else "restored", actor=actor, now=now, reason=reason)
    return package


@service("catalog")
@transaction.atomic
def add_package_price(
    *,
    package_id: int,
    wanted: PackagePriceWanted,
    based_on: int,
    reason: str,
    actor: Actor,
    now: datetime,
) -> PackagePrice:
    """Writes the next version of a package's price in a currency; it is sold at it from now on.

    ``based_on`` is the newest version that the form showed: a newer one in between is a `Conflict`.
    """
    wanted.check()
    reason = check_reason(reason)
    package = locks.lock_package(package_id)
    newest = newest_package_version(package.pk, wanted.currency)
    if newest != based_on:
        raise Conflict(
            "price_moved_on",
            f"This price is at version {newest} by now, and you saw {based_on or 'none'}. Reload to see it.",
        )
    old = PackagePrice.objects.filter(package=package, currency=wanted.currency, is_active=True).first()
    if old is not None:
        if _same(old, wanted):
            raise InvalidInput("nothing_changed", "Price: this is what it costs already.", field="amount")
        old.is_active = False
        old.save(update_fields=["is_active"])
    made = PackagePrice.objects.create(package=package, version=newest + 1, created_at=now, **asdict(wanted))
    money = Money(wanted.amount_minor, wanted.currency)
    record(
        made, "priced", actor=actor, now=now, reason=reason, money=money, version=made.version,
        units=wanted.units, before_minor=old.amount_minor if old else None,
    )  # fmt: skip
    add_facts(package=package.slug, currency=wanted.currency, version=made.version)
    return made


def _same(old: PackagePrice, wanted: PackagePriceWanted) -> bool:
    return all(getattr(old, name) == value for name, value in asdict(wanted).items())
