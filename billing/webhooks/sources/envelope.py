"""Messages in Stripe's shape, which the sandbox speaks too: id, type, created, and the object below data."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billing.webhooks.allowlist import allowed
from billing.webhooks.allowlist.reading import fact
from billing.webhooks.sources.parsing import (
    UNREADABLE,
    Unreadable,
    digest_of,
    headers_kept,
    id_of,
    moment,
    parse,
    unreadable,
)
from billing.webhooks.sources.protocol import Delivery, Incoming


def read_envelope(source: str, delivery: Delivery, *, now: datetime) -> Incoming:
    """The facts of a message and what may be kept of it; what is wrong with it becomes its trouble."""
    try:
        found, trouble = parse(delivery.body)
    except Unreadable as refusal:
        return unreadable(source, delivery, str(refusal), now=now)
    told = _object(found)
    happened_at = moment(found.get("created"))
    event_id, kind = found.get("id"), found.get("type")
    if not isinstance(event_id, str) or not event_id or not isinstance(kind, str) or not kind:
        trouble = trouble or "The message has no id or no type."
    elif happened_at is None:
        trouble = trouble or "The message does not say when it happened."
    elif told is None:
        trouble = trouble or "The message is about no object."
    told = told or {}
    object_kind = _text(told.get("object"))
    previous = _previous(found)
    content, dropped = allowed(source, object_kind, told)
    before, more_dropped = allowed(source, object_kind, previous, under="previous.") if previous else ({}, {})
    return Incoming(
        source=source,
        endpoint=delivery.endpoint,
        event_id=_text(event_id),
        type=_text(kind) or UNREADABLE,
        happened_at=happened_at or now,
        digest=digest_of(delivery.body),
        object_kind=object_kind,
        object_id=id_of(told),
        customer_gateway_id=id_of(told) if object_kind == "customer" else id_of(told.get("customer")),
        api_version=_text(found.get("api_version")),
        content={
            "object": content,
            "dropped": dropped | more_dropped,
            "previous": before,
            "headers": headers_kept(delivery),
            "api_version": fact(_text(found.get("api_version")))[:40],
        },
        trouble=trouble,
    )


def _object(found: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The object; of a thin event, which holds none, the id and kind of what it is about."""
    data = found.get("data")
    told = data.get("object") if isinstance(data, Mapping) else None
    if isinstance(told, Mapping):
        return told
    related = found.get("related_object")
    if isinstance(related, Mapping):
        return {"id": id_of(related), "object": _text(related.get("type"))}
    return None


def _previous(found: Mapping[str, Any]) -> Mapping[str, Any]:
    data = found.get("data")
    previous = data.get("previous_attributes") if isinstance(data, Mapping) else None
    return previous if isinstance(previous, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
