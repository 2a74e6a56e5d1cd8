"""Reading PayPal's resources, whichever of its interfaces wrote them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from billing.gateways.amounts import from_decimal
from billing.gateways.stripe_objects.reading import Unreadable, listed, part, text
from billing.money import Money

type Body = Mapping[str, Any]

PAYPAL = "paypal"
#: PayPal counts these in whole units, whatever ISO 4217 says.
WHOLE = frozenset({"HUF", "JPY", "TWD"})

_LINK = re.compile(r"/(captures?|sale|authorizations?|orders|payment|refunds?)/([A-Za-z0-9-]{1,64})/?$")


def own_id(body: Body) -> str:
    for name in ("id", "dispute_id", "payout_item_id", "payout_batch_id"):
        found = body.get(name)
        if isinstance(found, str) and found.strip():
            return found.strip()[:255]
    raise Unreadable("A resource of PayPal's without an id cannot be recorded.")


def at(value: Any) -> datetime | None:
    """Times as Z, as -07:00, with and without fractions; milliseconds since 1970 in the oldest disputes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return datetime.fromtimestamp(value // 1000, UTC) if 0 < value < 2**43 else None
    if not isinstance(value, str) or not 10 < len(value) < 40:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:  # quiet: PayPal's examples hold times that are none
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found.astimezone(UTC)


def told_at(body: Body) -> datetime | None:
    """The resource's own version: when it was last changed, in whole seconds."""
    found = at(body.get("update_time")) or at(body.get("status_update_time")) or at(body.get("create_time"))
    return found.replace(microsecond=0) if found else None


def born(body: Body, as_of: datetime) -> datetime:
    return at(body.get("create_time")) or at(body.get("dispute_creation_date")) or as_of


def money(found: Any) -> Money | None:
    """{total, currency}, {value, currency} or {value, currency_code}; None where there is no amount."""
    if not isinstance(found, Mapping):
        return None
    value = found.get("value", found.get("total"))
    currency = found.get("currency_code", found.get("currency"))
    return None if value is None or currency is None else from_decimal(value, currency)


def amount_of(body: Body, *names: str) -> Money:
    """The amount under the first of these names that holds one. Raises `Unreadable`."""
    for name in names or ("amount",):
        found = money(body.get(name))
        if found is not None:
            return found
    raise Unreadable(f"{own_id(body)} names no amount.")


def linked(body: Body, *kinds: str) -> str:
    """The id at the end of a link whose address is about one of these kinds; never of the link to itself."""
    for each in listed(body, "links"):
        if each.get("rel") == "self":
            continue
        found = _LINK.search(text(each.get("href"), 500).partition("?")[0])
        if found and found[1].rstrip("s") in kinds:
            return found[2]
    return ""


def is_payment(body: Body) -> bool:
    """Whether the resource is a capture or a sale itself, by the link to itself."""
    own = next((each for each in listed(body, "links") if each.get("rel") == "self"), {})
    found = _LINK.search(text(own.get("href"), 500))
    return found is not None and found[1].rstrip("s") in ("capture", "sale")


def parent_of(body: Body) -> str:
    """The capture or sale that a refund or a reversal is of: named, or only linked."""
    for name in ("capture_id", "sale_id"):
        found = body.get(name)
        if isinstance(found, str) and found:
            return found
    return linked(body, "capture", "sale")


def authorization_of(body: Body) -> str:
    related = part(body, "supplementary_data", "related_ids")
    return text(related.get("authorization_id"), 64) or linked(body, "authorization")


def order_of(body: Body) -> str:
    """The order that a capture or an authorisation belongs to."""
    related = part(body, "supplementary_data", "related_ids")
    return text(related.get("order_id"), 64) or linked(body, "order")


def status_of(body: Body) -> str:
    """`status` in the newer interface, `state` in the older, always in capitals."""
    return (text(body.get("status"), 40) or text(body.get("state"), 40)).upper().replace(" ", "_")
