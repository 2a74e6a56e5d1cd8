"""What was stored, read by the rules of today."""

from collections.abc import Mapping
from typing import Any

from billing.redaction import redact, redact_text
from billing.webhooks.allowlist import allowed
from billing.webhooks.allowlist.shapes import REFUSED, identifier

_BY_LIST = ("object", "previous", "dropped")


def as_read(source: str, kind: str, body: Any) -> dict[str, Any]:
    """The content of a message under today's allow list and redaction: what either takes out of something
    stored before it was there is gone, and marked. What was stored under them comes back the same."""
    held = body if isinstance(body, Mapping) else {}
    found: dict[str, Any] = {}
    marks = held.get("dropped") or {}
    dropped = {redact_text(str(path)): redact_text(str(why)) for path, why in marks.items()}
    for part, under in (("object", ""), ("previous", "previous.")):
        if part not in held:
            continue
        told = held[part]
        found[part], more = allowed(source, kind, told if isinstance(told, Mapping) else {}, under=under)
        dropped |= {path: why for path, why in more.items() if path not in dropped}
    rest = {name: redact(value, str(name)) for name, value in held.items() if name not in _BY_LIST}
    return found | {"dropped": dropped} | rest


def fact(value: str) -> str:
    """An id, a type or a version as it may be stored; empty for what is none or holds a secret."""
    found = identifier(value) if value else ""
    return "" if found is REFUSED else found
