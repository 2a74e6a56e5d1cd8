"""Reading Stripe's dicts, whatever version wrote them: unknown fields ignored, missing ones tolerated."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from billing.gateways.stripe_amounts import from_stripe
from billing.money import is_currency
from billing.redaction import redact_text

type Body = Mapping[str, Any]

STRIPE = "stripe"


class Unreadable(ValueError):
    """An object that lacks what nothing can be recorded without. The sentence names the object."""


def at(value: Any) -> datetime | None:
    """Seconds since 1970 as an aware datetime."""
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        return None
    return datetime.fromtimestamp(value, UTC)


def born(body: Body, as_of: datetime) -> datetime:
    """When the object was made; the moment it was heard of where Stripe does not say."""
    return at(body.get("created")) or at(body.get("date")) or as_of


def id_of(value: Any) -> str:
    """The id of what may be an id or the whole object."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) else ""


def own_id(body: Body) -> str:
    found = id_of(body)
    if not found:
        raise Unreadable(f"A {body.get('object') or 'object'} without an id cannot be recorded.")
    return found


def part(body: Body, *path: str) -> Body:
    """The mapping at the path; an empty one where anything on the way is missing or only an id."""
    found: Any = body
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def listed(body: Body, name: str) -> list[Body]:
    """The objects of a list, embedded as Stripe's list object or as a bare list; ids are left out."""
    found = body.get(name)
    if isinstance(found, Mapping):
        found = found.get("data")
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def has_more(body: Body, name: str) -> bool:
    return part(body, name).get("has_more") is True


def whole(value: Any) -> int:
    """An integer; 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def decimal(value: Any) -> Decimal | None:
    """Exact, from a number or a string of one."""
    if value is None or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def text(value: Any, longest: int) -> str:
    return value.strip()[:longest] if isinstance(value, str) else ""


def word(value: Any, longest: int) -> str:
    """A code or an id that others may have written: "" for one that is no single word or holds a secret."""
    found = text(value, 4 * longest)
    return "" if any(char.isspace() for char in found) or redact_text(found) != found else found[:longest]


def free_text(value: Any, longest: int) -> str:
    """What somebody typed: card numbers, keys and addresses are taken out of it."""
    return redact_text(text(value, 4 * longest))[:longest]


def currency_of(body: Body) -> str:
    found = text(body.get("currency"), 8).upper()
    if not is_currency(found):
        raise Unreadable(f"{own_id(body)} is in no currency that the desk knows ({found or 'none'}).")
    return found


def minor(value: Any, currency: str) -> int:
    """Stripe's amount as ISO 4217 minor units of the currency."""
    return from_stripe(whole(value), currency).minor


def taxes(body: Body) -> Iterator[Body]:
    """The taxes of an invoice, line or credit note, by the names that the versions gave them."""
    for name in ("total_taxes", "total_tax_amounts", "taxes", "tax_amounts"):
        if isinstance(body.get(name), list):
            yield from listed(body, name)
            return
