"""What happens to each event between the call and the line."""

from collections.abc import MutableMapping
from typing import Any

from billing.history.context import current
from billing.redaction import redact

KEPT_AS_THEY_ARE = frozenset({"timestamp", "level", "logger", "duration_ms"})
TEMPLATE_ONLY = frozenset({"_record", "_from_structlog", "exc_info"})


def add_actor(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Who acts here, unless the event already names one."""
    if "actor" not in event and (acting := current()) is not None:
        event["actor"] = acting.actor.ref
        if acting.request_id:
            event.setdefault("request_id", acting.request_id)
    return event


def redact_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Takes secrets out of every value, tracebacks included; stands last before the rendering."""
    for name, value in event.items():
        if name not in KEPT_AS_THEY_ARE and name not in TEMPLATE_ONLY:
            event[name] = redact(value, name)
    return event
