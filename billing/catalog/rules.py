"""What may stand in the catalog, field by field. Pure."""

import json
import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from billing.errors import InvalidInput
from billing.money import MAX_MINOR, is_currency

__all__ = [
    "LONGEST_INTERVAL",
    "check_amount",
    "check_interval",
    "check_name",
    "check_quantity",
    "check_reason",
    "check_slug",
    "check_tax_class",
    "differences",
    "fingerprint",
]

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_SLUG = 64
TAX_CLASSES = frozenset({"", "standard", "reduced"})
#: Words that stand where a tier's slug would, in the addresses of the catalog.
RESERVED = frozenset({"features", "meters", "new", "packages"})
LONGEST_NAME = 120
LONGEST_REASON = 1_000
MOST_UNITS = 10**15
#: No price is for more than three years at once: gateways take none that is.
LONGEST_INTERVAL = {"day": 1_095, "week": 156, "month": 36, "year": 3}


def fingerprint(*values: Any) -> str:
    """What a form carries to say what it showed; it differs as soon as any of the values does."""
    told = json.dumps(values, sort_keys=True, default=str, separators=(",", ":"))
    return blake2b(told.encode(), digest_size=12).hexdigest()


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The names whose values differ, each with the old and the new one."""
    return {name: [before[name], value] for name, value in after.items() if before[name] != value}


def check_slug(slug: str) -> str:
    """The slug, trimmed. It is given once: programs ask by it."""
    slug = slug.strip()
    if not SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        raise InvalidInput(
            "slug_malformed",
            f'Slug: small letters, digits and single hyphens, such as "api-calls"; at most {LONGEST_SLUG}.',
            field="slug",
        )
    return slug


def check_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInput("name_missing", f"Name: 1 to {LONGEST_NAME} characters.", field="name")
    return name


def check_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidInput(
            "reason_missing",
            f"Reason: say why, for whoever reads this later, in at most {LONGEST_REASON:,} characters.",
            field="reason",
        )
    return reason


def check_tax_class(tax_class: str) -> str:
    """The class of a product's tax; empty is as the seller's settings say."""
    if tax_class not in TAX_CLASSES:
        raise InvalidInput(
            "tax_class_unknown", "Tax: as our settings say, standard or reduced.", field="tax_class"
        )
    return tax_class


def check_quantity(value: int | None, *, field: str, label: str, least: int = 1) -> int:
    """A whole number of units of something."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MOST_UNITS:
        raise InvalidInput(
            f"{field}_out_of_range", f"{label}: a whole number from {least:,} to {MOST_UNITS:,}.", field=field
        )
    return value


def check_amount(minor: int, currency: str, *, least: int = 0) -> None:
    """A price in minor units of a currency that exists."""
    if not is_currency(currency):
        raise InvalidInput(
            "currency_unknown", "Currency: three capitals of ISO 4217, such as EUR.", field="currency"
        )
    if isinstance(minor, bool) or not isinstance(minor, int) or not least <= minor <= MAX_MINOR:
        raise InvalidInput(
            "amount_out_of_range", "Price: not below zero, and not beyond what fits.", field="amount"
        )


def check_interval(unit: str, count: int) -> None:
    longest = LONGEST_INTERVAL.get(unit)
    if longest is None:
        raise InvalidInput("interval_unknown", "Interval: day, week, month or year.", field="interval_unit")
    if isinstance(count, bool) or not 1 <= count <= longest:
        raise InvalidInput(
            "interval_too_long",
            f"Every: from 1 to {longest:,} {unit}s; three years is the longest interval.",
            field="interval_count",
        )
